// Arrays of numbers: what the quick reader takes, the strict one takes too, with the same numbers.
#include "codec/floats.hpp"

#include "codec/json.hpp"
#include "fuzz.hpp"

using namespace weir;

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
    fuzz::hold(!ec && v.is_array(), "what is read is JSON");
    std::vector<float> slow;
    collect(v, slow);
    fuzz::hold(slow == block.values, "with the same numbers");
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
