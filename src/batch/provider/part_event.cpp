#include "batch/provider/part_event.hpp"

#include <algorithm>
#include <charconv>

#include "codec/json/json.hpp"

namespace weir::inline v0::vendor_batch {

namespace json = codec::json;

namespace {

constexpr std::size_t most_problems = 1000;

json::array items_of(const std::vector<part_item>& items) {
  json::array out;
  out.reserve(items.size());
  for (const auto& i : items)
    out.push_back(json::array{i.id, i.index, i.fingerprint});
  return out;
}

std::uint64_t number(const json::value& v) {
  if (v.is_uint64())
    return v.get_uint64();
  return v.is_int64() ? static_cast<std::uint64_t>(v.get_int64()) : 0;
}

std::string text(const json::value& v, std::string_view key) {
  return std::string(codec::string_at(v, key).value_or(std::string_view()));
}

void read_lists(part_event& e, const json::value& v) {
  if (const auto* list = codec::array_at(v, "items")) {
    e.items.reserve(list->size());
    for (const auto& i : *list)
      if (i.is_array() && i.get_array().size() == 3 && i.get_array()[0].is_string())
        e.items.emplace_back(std::string(i.get_array()[0].get_string()), number(i.get_array()[1]),
                             number(i.get_array()[2]));
  }
  if (const auto* list = codec::array_at(v, "places"))
    for (const auto& place : *list)
      if (place.is_string())
        e.places.emplace_back(place.get_string());
  if (const auto* list = codec::array_at(v, "problems"))
    for (const auto& p : *list)
      e.problems.emplace_back(text(p, "code"), text(p, "message"), codec::uint_at(p, "line"));
}

} // namespace

journal_record to_record(const part_event& e) {
  json::object o{{"at", e.at}};
  const auto put = [&o](std::string_view key, const std::string& value) {
    if (!value.empty())
      o[key] = value;
  };
  put("id", e.id);
  put("sha256", e.sha256);
  put("tag", e.tag);
  put("file", e.file);
  put("remark", e.remark);
  if (e.step == part_step::planned)
    o["items"] = items_of(e.items);
  if (e.step == part_step::fetched)
    o["bytes"] = e.bytes;
  if (e.step == part_step::terminal) {
    o["state"] = name_of(e.state);
    if (e.again)
      o["again"] = true;
    json::array places, problems;
    for (const auto& place : e.places)
      places.emplace_back(place);
    for (std::size_t i = 0; i < std::min(e.problems.size(), most_problems); ++i) {
      const auto& p = e.problems[i];
      json::object one{{"code", p.code}, {"message", p.message}};
      if (p.line)
        one["line"] = *p.line;
      problems.push_back(std::move(one));
    }
    o["places"] = std::move(places);
    o["problems"] = std::move(problems);
  }
  return journal_record(static_cast<std::uint8_t>(e.step), e.part, codec::to_text(o));
}

std::optional<part_event> read_record(const journal_record& r) {
  if (r.kind < static_cast<std::uint8_t>(part_step::planned) || r.kind > static_cast<std::uint8_t>(part_step::cleaned))
    return std::nullopt;
  error_code ec;
  const auto v = codec::parse_json(r.payload, ec);
  if (ec || !v.is_object())
    throw error(errc::invalid_configuration, "the journal's record of part \"" + r.id + "\" cannot be read");
  part_event e(static_cast<part_step>(r.kind), r.id, codec::int_at(v, "at").value_or(0));
  e.id = text(v, "id");
  e.sha256 = text(v, "sha256");
  e.tag = text(v, "tag");
  e.file = text(v, "file");
  e.remark = text(v, "remark");
  e.bytes = codec::uint_at(v, "bytes").value_or(0);
  e.again = codec::bool_at(v, "again").value_or(false);
  e.state = state_of(codec::string_at(v, "state").value_or(std::string_view()));
  read_lists(e, v);
  return e;
}

std::string custom_id(std::string_view tag, std::uint64_t line) {
  return std::string(tag) + '-' + std::to_string(line);
}

std::optional<std::uint64_t> line_of(std::string_view tag, std::string_view id) noexcept {
  if (!id.starts_with(tag) || id.size() < tag.size() + 2 || id[tag.size()] != '-')
    return std::nullopt;
  const auto digits = id.substr(tag.size() + 1);
  std::uint64_t line = 0;
  const auto [end, ec] = std::from_chars(digits.data(), digits.data() + digits.size(), line);
  if (ec != std::errc() || end != digits.data() + digits.size() || (digits.size() > 1 && digits.front() == '0'))
    return std::nullopt;
  return line;
}

} // namespace weir::inline v0::vendor_batch
