// A stream as OpenSSL sees it.
#pragma once

#include <openssl/bio.h>

namespace weir::inline v0::net {

class tls_stream;

/// A BIO whose reads and writes go to the inner stream of `owner`, which outlives it. Unlike
/// OpenSSL's socket BIO it cannot raise SIGPIPE: the streams send with MSG_NOSIGNAL.
BIO* make_stream_bio(tls_stream& owner);

} // namespace weir::inline v0::net
