// The one translation unit that compiles Asio (BOOST_ASIO_SEPARATE_COMPILATION), with all that a program may use of it.
#undef BOOST_ASIO_NO_DEPRECATED
#include <boost/asio/impl/src.hpp>
