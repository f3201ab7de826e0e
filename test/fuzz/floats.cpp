// Arrays of numbers: what the quick reader takes, the strict one takes too, with the same numbers.
#include "codec/json/floats.hpp"

#include <cmath>
#include <limits>

#include "codec/json/json.hpp"
#include "fuzz.hpp"

using namespace weir;

static constexpr float most = std::numeric_limits<float>::infinity();

static void collect(const codec::json::value& v, std::vector<float>& into) {
  if (const auto* list = v.if_array())
    for (const auto& e : *list)
      collect(e, into);
  else
    into.push_back(static_cast<float>(v.to_number<double>()));
}

FUZZ(in) {
  error_code ec;
  const auto block = codec::parse_floats(in.text, ec);
  if (!ec) {
    const auto v = codec::parse_json(in.text, ec);
    if (ec && in.text.find_first_of("eE") != in.text.npos)
      return; // Boost.JSON refuses exponents of ten digits, also of 0.
    fuzz::hold(!ec && v.is_array(), "what is read is JSON");
    std::vector<float> slow;
    collect(v, slow);
    fuzz::hold(slow.size() == block.values.size(), "as many numbers");
    // By way of a double a number may be rounded twice.
    for (std::size_t i = 0; i < slow.size(); ++i)
      fuzz::hold(block.values[i] >= std::nextafter(slow[i], -most) && block.values[i] <= std::nextafter(slow[i], most),
                 "with the same numbers");
    std::size_t all = 1;
    for (const auto n : block.shape)
      all *= n;
    fuzz::hold(all == block.values.size(), "in an array of that shape");
  }
  const auto taken = codec::take_floats(in.text, "embedding", ec);
  fuzz::hold(ec || taken.ends.empty() || taken.ends.back() == taken.values.size(), "every number is in an array");
  std::vector<float> raw;
  if (codec::append_base64_floats(in.text, raw))
    fuzz::hold(raw.size() * 4 <= in.text.size(), "bytes are no longer than their text");
}
