// The one translation unit that compiles Asio (BOOST_ASIO_SEPARATE_COMPILATION), with all that a program may use of it.
#include <boost/asio/impl/src.hpp>
