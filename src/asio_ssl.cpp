// Asio's own TLS, which weir does not use: for programs that do, since Asio is compiled separately for them.
#include <boost/asio/ssl/impl/src.hpp>
