// Transcripts of every pair of a provider and a task: the request, what goes over the wire, the result.
#pragma once

#include <string>
#include <vector>

#include "codec/json/json.hpp"
#include "provider/dialect.hpp"
#include <weir/task/request.hpp>

namespace weir::inline v0::test {

namespace json = codec::json;

/// One line of test/transcripts/pairs/VENDOR.jsonl (its README gives the format).
class pair_transcript {
public:
  pair_transcript(std::string vendor, json::value line);
  std::string vendor;
  task_kind what;
  json::value line;

  std::string id() const { return vendor + ' ' + std::string(name_of(what)); }
  std::string text(std::string_view key) const { return std::string(codec::string_at(line, key).value_or("")); }
  /// For every task but chat and text generation.
  task_request request(std::string model) const;
  chat as_chat(std::string model) const;
  text_generation as_generation(std::string model) const;
};

/// All of them, sorted by vendor.
const std::vector<pair_transcript>& all_pairs();

/// The bytes of a base64 member.
std::string bytes_at(const json::value& v, std::string_view key);

} // namespace weir::inline v0::test
