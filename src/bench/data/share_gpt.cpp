// Conversations that people have shared: {"conversations": [{"from": "human", "value": …}, …]}.
#include <algorithm>

#include "bench/data/shape.hpp"

namespace weir::inline v0::data {

namespace json = codec::json;

namespace {

constexpr std::uint64_t longest_answer = 1'000'000;

// Without a tokenizer: about right for the vocabularies that are common.
std::uint64_t tokens_of(std::string_view text) noexcept {
  return std::clamp<std::uint64_t>(text.size() / 4, 1, longest_answer);
}

// A turn as it is put together: what the user said, and how long the answer was.
class turn {
public:
  json::array messages;
  std::uint64_t output_tokens = 0;
};

std::vector<turn> turns_of(const json::array& said, std::optional<std::string>& system) {
  std::vector<turn> all;
  bool answered = true;
  for (const auto& one : said) {
    const auto from = codec::string_at(one, "from");
    const auto text = codec::string_at(one, "value");
    if (!from || !text)
      refuse_member("conversations", "has an element without \"from\" and \"value\"");
    if (*from == "system") {
      if (all.empty())
        system = *text;
    } else if (*from == "human" || *from == "user") {
      if (answered)
        all.emplace_back();
      answered = false;
      all.back().messages.push_back(message_object("user", json::value(*text)));
    } else if (!all.empty()) {
      answered = true;
      all.back().output_tokens = std::min(all.back().output_tokens + tokens_of(*text), longest_answer);
    }
  }
  return all;
}

} // namespace

std::optional<shaped_row> shape_of_share_gpt(const json::object& row) {
  const auto* said = codec::array_at(row, "conversations");
  if (!said)
    return std::nullopt;
  shaped_row s;
  s.format = "ShareGPT";
  std::optional<std::string> system;
  auto all = turns_of(*said, system);
  s.left_out = all.empty();
  json::array first;
  if (system)
    first.push_back(message_object("system", json::value(*system)));
  for (std::size_t i = 0; i < all.size(); ++i) {
    auto& t = all[i];
    if (i == 0) {
      first.insert(first.end(), t.messages.begin(), t.messages.end());
      s.output_tokens = t.output_tokens;
      continue;
    }
    later_turn later;
    later.messages = std::move(t.messages);
    later.output_tokens = t.output_tokens;
    s.turns.push_back(std::move(later));
  }
  if (s.left_out)
    first.push_back(message_object("user", json::value("-")));
  s.body["messages"] = std::move(first);
  return s;
}

} // namespace weir::inline v0::data
