// Zstandard, by its library.
#include <zstd.h>

#include <new>
#include <vector>

#include <weir/core/error.hpp>

#include "batch/input/unpack.hpp"

namespace weir::inline v0::input {

namespace {

class zstd_unpacker : public unpacker {
public:
  explicit zstd_unpacker(std::string name)
      : name_(std::move(name)), piece_(std::size_t{64} << 10), stream_(::ZSTD_createDStream(), &::ZSTD_freeDStream) {
    if (!stream_)
      throw std::bad_alloc();
  }

  void feed(std::string_view packed) override { in_ = {packed.data(), packed.size(), 0}; }

  std::string_view pull() override {
    for (;;) {
      ZSTD_outBuffer out{piece_.data(), piece_.size(), 0};
      // What fills a whole piece may have more behind it, though nothing is fed.
      if (in_.pos == in_.size && !full_)
        return {};
      const auto left = ::ZSTD_decompressStream(stream_.get(), &out, &in_);
      if (::ZSTD_isError(left) != 0)
        throw error(errc::invalid_argument,
                    name_ + " is damaged: its zstd data cannot be unpacked (" + ::ZSTD_getErrorName(left) + ")");
      inside_ = left != 0;
      full_ = out.pos == out.size && left != 0;
      if (out.pos > 0)
        return {piece_.data(), out.pos};
    }
  }

  void finish() override {
    if (inside_)
      throw error(errc::invalid_argument, name_ + " is cut off: it ends in the middle of its zstd data");
  }

private:
  std::string name_;
  ZSTD_inBuffer in_{nullptr, 0, 0};
  std::vector<char> piece_;
  std::unique_ptr<ZSTD_DStream, std::size_t (*)(ZSTD_DStream*)> stream_;
  bool inside_ = false, full_ = false;
};

} // namespace

std::unique_ptr<unpacker> unpack_zstd(std::string name) { return std::make_unique<zstd_unpacker>(std::move(name)); }

} // namespace weir::inline v0::input
