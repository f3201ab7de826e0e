// Frames of HTTP/2 as bytes, written and read by hand: a server that a test has under control.
#pragma once

#include <nghttp2/nghttp2.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace h2_test {

enum : std::uint8_t {
  data_frame = 0,
  headers_frame = 1,
  priority_frame = 2,
  rst_frame = 3,
  settings_frame = 4,
  push_frame = 5,
  ping_frame = 6,
  goaway_frame = 7,
  window_frame = 8,
  continuation_frame = 9
};
constexpr std::uint8_t end_stream = 1, ack = 1, end_headers = 4;

using field_list = std::vector<std::pair<std::string, std::string>>;

inline std::string number(std::uint32_t n, int bytes = 4) {
  std::string out;
  for (int i = bytes - 1; i >= 0; --i)
    out += static_cast<char>(n >> (8 * i));
  return out;
}

inline std::string frame(std::uint8_t type, std::uint8_t flags, std::uint32_t id, std::string_view payload = {}) {
  std::string out = number(static_cast<std::uint32_t>(payload.size()), 3);
  out += static_cast<char>(type);
  out += static_cast<char>(flags);
  return out + number(id) + std::string(payload);
}

// An HPACK string, not Huffman-coded.
inline std::string hpack_string(std::string_view text) {
  std::string out;
  if (text.size() < 127) {
    out += static_cast<char>(text.size());
  } else {
    out += '\x7f';
    auto rest = text.size() - 127;
    for (; rest >= 128; rest /= 128)
      out += static_cast<char>(rest % 128 + 128);
    out += static_cast<char>(rest);
  }
  return out + std::string(text);
}

// A field section of literals that are not indexed.
inline std::string section(const field_list& fields) {
  std::string out;
  for (const auto& [name, value] : fields)
    out += '\0' + hpack_string(name) + hpack_string(value);
  return out;
}

inline std::string headers(std::uint32_t id, const field_list& fields, bool ends = false) {
  return frame(headers_frame, static_cast<std::uint8_t>(end_headers | (ends ? end_stream : 0)), id, section(fields));
}
inline std::string data(std::uint32_t id, std::string_view bytes, bool ends = false) {
  return frame(data_frame, ends ? end_stream : 0, id, bytes);
}
inline std::string setting(std::uint16_t id, std::uint32_t value) { return number(id, 2) + number(value); }
inline std::string settings(std::string_view entries = {}) { return frame(settings_frame, 0, 0, entries); }
inline std::string rst(std::uint32_t id, std::uint32_t code) { return frame(rst_frame, 0, id, number(code)); }
inline std::string goaway(std::uint32_t last, std::uint32_t code) {
  return frame(goaway_frame, 0, 0, number(last) + number(code));
}
inline std::string window(std::uint32_t id, std::uint32_t more) { return frame(window_frame, 0, id, number(more)); }

class read_frame {
public:
  read_frame() = default;
  std::uint8_t type = 0, flags = 0;
  std::uint32_t id = 0;
  std::string payload;
};

// What a client sends, as a server reads it.
class client_bytes {
public:
  client_bytes() {
    nghttp2_hd_inflater* made = nullptr;
    nghttp2_hd_inflate_new(&made);
    inflater_.reset(made);
  }

  // The whole frames that are there now; they are returned once.
  std::vector<read_frame> read(std::string_view bytes) {
    constexpr std::string_view preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
    held_ += bytes;
    if (!begun_) {
      if (held_.size() < preface.size())
        return {};
      bad_ = held_.substr(0, preface.size()) != preface;
      held_.erase(0, preface.size());
      begun_ = true;
    }
    std::vector<read_frame> out;
    while (held_.size() >= 9) {
      const auto at = [this](std::size_t i) {
        return static_cast<std::uint32_t>(static_cast<unsigned char>(held_[i]));
      };
      const std::size_t size = at(0) << 16 | at(1) << 8 | at(2);
      if (held_.size() < 9 + size)
        break;
      read_frame f;
      f.type = static_cast<std::uint8_t>(at(3));
      f.flags = static_cast<std::uint8_t>(at(4));
      f.id = at(5) << 24 | at(6) << 16 | at(7) << 8 | at(8);
      f.payload = held_.substr(9, size);
      held_.erase(0, 9 + size);
      out.push_back(std::move(f));
    }
    return out;
  }

  // To be called for each HEADERS frame in turn. `secret`: the names of fields that are never to be indexed.
  field_list decode(const read_frame& f, std::vector<std::string>* secret = nullptr) {
    field_list out;
    const auto* in = reinterpret_cast<const std::uint8_t*>(f.payload.data());
    auto left = f.payload.size();
    for (;;) {
      nghttp2_nv nv;
      int flags = 0;
      const auto n = nghttp2_hd_inflate_hd2(inflater_.get(), &nv, &flags, in, left, 1);
      if (n < 0) {
        bad_ = true;
        return out;
      }
      in += n;
      left -= static_cast<std::size_t>(n);
      if ((flags & NGHTTP2_HD_INFLATE_EMIT) != 0) {
        out.emplace_back(std::string(reinterpret_cast<const char*>(nv.name), nv.namelen),
                         std::string(reinterpret_cast<const char*>(nv.value), nv.valuelen));
        if (secret && (nv.flags & NGHTTP2_NV_FLAG_NO_INDEX) != 0)
          secret->push_back(out.back().first);
      }
      if ((flags & NGHTTP2_HD_INFLATE_FINAL) != 0) {
        nghttp2_hd_inflate_end_headers(inflater_.get());
        return out;
      }
      if ((flags & NGHTTP2_HD_INFLATE_EMIT) == 0 && left == 0)
        return out;
    }
  }
  bool bad() const noexcept { return bad_; }

private:
  class deleter {
  public:
    void operator()(nghttp2_hd_inflater* i) const noexcept { nghttp2_hd_inflate_del(i); }
  };
  std::unique_ptr<nghttp2_hd_inflater, deleter> inflater_;
  std::string held_;
  bool begun_ = false;
  bool bad_ = false;
};

} // namespace h2_test
