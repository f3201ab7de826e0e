message(STATUS "no install yet")
