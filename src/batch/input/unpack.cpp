#include "batch/input/unpack.hpp"

namespace weir::inline v0::input {

namespace {

class as_it_is : public unpacker {
public:
  void feed(std::string_view bytes) override { bytes_ = bytes; }
  std::string_view pull() override {
    const auto piece = bytes_.substr(0, std::size_t{64} << 10);
    bytes_.remove_prefix(piece.size());
    return piece;
  }
  void finish() override {}

private:
  std::string_view bytes_;
};

} // namespace

packing packing_of(std::string_view b) noexcept {
  if (b.starts_with("\x1F\x8B"))
    return packing::gzip;
  // A frame, or one that is skipped: pzstd begins with such.
  const bool skipped =
      b.size() >= 4 && (static_cast<unsigned char>(b[0]) & 0xF0) == 0x50 && b.substr(1, 3) == "\x2A\x4D\x18";
  return b.starts_with("\x28\xB5\x2F\xFD") || skipped ? packing::zstd : packing::none;
}

std::unique_ptr<unpacker> unpacker_of(packing p, std::string name) {
  switch (p) {
  case packing::gzip: return unpack_gzip(std::move(name));
  case packing::zstd: return unpack_zstd(std::move(name));
  case packing::none: break;
  }
  return std::make_unique<as_it_is>();
}

} // namespace weir::inline v0::input
