#include "net/tls/tls_bio.hpp"

#include <boost/asio/error.hpp>

#include <algorithm>
#include <new>

#include "net/tls/tls_stream.hpp"

namespace weir::inline v0::net {

namespace asio = boost::asio;

class stream_bio {
public:
  static tls_stream& owner(BIO* bio) { return *static_cast<tls_stream*>(BIO_get_data(bio)); }

  static int read(BIO* bio, char* data, std::size_t size, std::size_t* done) {
    auto& t = owner(bio);
    BIO_clear_retry_flags(bio);
    *done = 0;
    error_code ec;
    if (t.left_ == 0)
      ec = asio::error::would_block;
    else
      *done = t.inner_->read_some(asio::mutable_buffer(data, std::min(size, t.left_)), ec);
    t.left_ -= *done;
    if (*done > 0)
      return 1;
    if (ec == asio::error::would_block) {
      BIO_set_retry_read(bio);
    } else if (ec == asio::error::eof) {
      t.inner_ended_ = true;
      return 0;
    } else {
      t.inner_error_ = ec;
    }
    return -1;
  }

  static int write(BIO* bio, const char* data, std::size_t size, std::size_t* done) {
    auto& t = owner(bio);
    BIO_clear_retry_flags(bio);
    error_code ec;
    *done = t.inner_->write_some(asio::const_buffer(data, size), ec);
    if (*done > 0)
      return 1;
    if (ec == asio::error::would_block)
      BIO_set_retry_write(bio);
    else
      t.inner_error_ = ec;
    return -1;
  }

  static long control(BIO* bio, int command, long, void*) {
    switch (command) {
    case BIO_CTRL_FLUSH: return 1;
    case BIO_CTRL_EOF: return owner(bio).inner_ended_;
    default: return 0;
    }
  }

  static const BIO_METHOD* method() {
    static const BIO_METHOD* made = [] {
      BIO_METHOD* m = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "weir stream");
      if (!m)
        throw std::bad_alloc();
      BIO_meth_set_read_ex(m, read);
      BIO_meth_set_write_ex(m, write);
      BIO_meth_set_ctrl(m, control);
      return m;
    }();
    return made;
  }
};

BIO* make_stream_bio(tls_stream& owner) {
  BIO* bio = BIO_new(stream_bio::method());
  if (!bio)
    throw std::bad_alloc();
  BIO_set_data(bio, &owner);
  BIO_set_init(bio, 1);
  return bio;
}

} // namespace weir::inline v0::net
