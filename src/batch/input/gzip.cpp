// gzip, by zlib.
#include <zlib.h>

#include <algorithm>
#include <limits>
#include <new>
#include <vector>

#include <weir/core/error.hpp>

#include "batch/input/unpack.hpp"

namespace weir::inline v0::input {

namespace {

class gzip_unpacker : public unpacker {
public:
  explicit gzip_unpacker(std::string name) : name_(std::move(name)), piece_(std::size_t{64} << 10) {
    constexpr int gzip_only = 16;
    if (::inflateInit2(&stream_, MAX_WBITS + gzip_only) != Z_OK)
      throw std::bad_alloc();
  }
  gzip_unpacker(const gzip_unpacker&) = delete;
  gzip_unpacker& operator=(const gzip_unpacker&) = delete;
  ~gzip_unpacker() override { ::inflateEnd(&stream_); }

  void feed(std::string_view packed) override { rest_ = packed; }

  std::string_view pull() override {
    for (;;) {
      if (ended_ && !begin_next())
        return {};
      stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(rest_.data()));
      const auto given = std::min<std::size_t>(rest_.size(), std::numeric_limits<uInt>::max());
      stream_.avail_in = static_cast<uInt>(given);
      stream_.next_out = reinterpret_cast<Bytef*>(piece_.data());
      stream_.avail_out = static_cast<uInt>(piece_.size());
      const int r = ::inflate(&stream_, Z_NO_FLUSH);
      rest_.remove_prefix(given - stream_.avail_in);
      if (r == Z_MEM_ERROR)
        throw std::bad_alloc();
      if (r != Z_OK && r != Z_STREAM_END && r != Z_BUF_ERROR)
        throw error(errc::invalid_argument, name_ + " is damaged: its gzip data cannot be unpacked");
      inside_ = true;
      ended_ = r == Z_STREAM_END;
      const auto made = piece_.size() - stream_.avail_out;
      if (made > 0)
        return {piece_.data(), made};
      if (!ended_ && (r == Z_BUF_ERROR || rest_.empty()))
        return {};
    }
  }

  void finish() override {
    if (inside_ && !ended_)
      throw error(errc::invalid_argument, name_ + " is cut off: it ends in the middle of its gzip data");
  }

private:
  // Several packed files in a row are one; zeros behind the last one are padding.
  bool begin_next() {
    if (padding_ || rest_.starts_with('\0')) {
      padding_ = true;
      rest_.remove_prefix(std::min(rest_.find_first_not_of('\0'), rest_.size()));
    }
    if (rest_.empty())
      return false;
    if (padding_)
      throw error(errc::invalid_argument, name_ + " is damaged: there is something behind its gzip data");
    ::inflateReset(&stream_);
    ended_ = false;
    return true;
  }

  std::string name_;
  std::string_view rest_;
  std::vector<char> piece_;
  z_stream stream_{};
  bool ended_ = false, inside_ = false, padding_ = false;
};

} // namespace

std::unique_ptr<unpacker> unpack_gzip(std::string name) { return std::make_unique<gzip_unpacker>(std::move(name)); }

} // namespace weir::inline v0::input
