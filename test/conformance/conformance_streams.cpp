// Recorded event streams: weir must read what was sent, however the bytes are split.
#include <weir/task/completion.hpp>
#include <weir/task/text_generation.hpp>

#include "codec/framing/sse.hpp"
#include "known_differences.hpp"
#include "lines.hpp"
#include "provider/dialect.hpp"

namespace {

using namespace conformance;
using namespace weir;

class frame {
public:
  frame() = default;
  frame(std::string_view type, std::string_view data) : type(type), data(data) {}
  std::string type;
  std::string data;
  std::size_t end = 0; // offset in the body after it, if bytes were fed one by one
  friend bool operator==(const frame& a, const frame& b) { return a.type == b.type && a.data == b.data; }
};

using frames = std::vector<frame>;

void feed(codec::sse_decoder& decoder, std::string_view bytes, frames& out) {
  decoder.feed(bytes);
  codec::sse_event e;
  while (decoder.next(e))
    out.emplace_back(e.type, e.data);
}

frames whole(std::string_view body) {
  codec::sse_decoder decoder;
  frames out;
  feed(decoder, body, out);
  return out;
}

frames byte_by_byte(std::string_view body) {
  codec::sse_decoder decoder;
  frames out;
  for (std::size_t i = 0; i < body.size(); ++i) {
    feed(decoder, body.substr(i, 1), out);
    if (!out.empty() && out.back().end == 0)
      out.back().end = i + 1;
  }
  return out;
}

bool same_at_split(std::string_view body, std::size_t at, const frames& expected, std::size_t from, std::size_t count) {
  codec::sse_decoder decoder;
  frames out;
  feed(decoder, body.substr(0, at), out);
  feed(decoder, body.substr(at), out);
  return out.size() == count &&
         std::equal(out.begin(), out.end(), expected.begin() + static_cast<std::ptrdiff_t>(from));
}

// The decoders take complete frames, so equal frames give equal answers. A body of n bytes has n splits; in a long one
// each split is tried only between the previous frame and the next one, because a decoder between two frames has no
// other state.
std::string try_splits(std::string_view body, const frames& expected) {
  constexpr std::size_t short_body = 8u << 10;
  if (body.size() <= short_body || expected.size() < 4) {
    for (std::size_t at = 0; at <= body.size(); ++at)
      if (!same_at_split(body, at, expected, 0, expected.size()))
        return "split at byte " + std::to_string(at);
    return {};
  }
  for (std::size_t i = 0; i < expected.size(); ++i) {
    const auto first = i == 0 ? 0 : i - 1;
    const auto last = std::min(i + 1, expected.size() - 1);
    const auto begin = first == 0 ? 0 : expected[first - 1].end;
    const auto end = last + 1 == expected.size() ? body.size() : expected[last].end;
    const auto from = i == 0 ? 0 : expected[i - 1].end;
    const auto to = i + 1 == expected.size() ? body.size() : expected[i].end;
    for (auto at = from; at <= to; ++at)
      if (!same_at_split(body.substr(begin, end - begin), at - begin, expected, first, last - first + 1))
        return "split at byte " + std::to_string(at);
  }
  return {};
}

class reading {
public:
  reading() = default;
  completion answer;
  std::string generated_text;
  std::optional<std::uint64_t> generated_tokens;
  std::size_t chunks = 0;
  bool done = false;
};

reading decode(const frames& all, provider::decoder& decoder) {
  reading r;
  std::vector<event> events;
  for (const auto& f : all) {
    codec::sse_event e;
    e.type = f.type;
    e.data = f.data;
    const bool before = decoder.failed().failed();
    decoder.on_event(e, events);
    if (!before && !decoder.failed() && f.data != "[DONE]")
      ++r.chunks;
  }
  decoder.on_end(events);
  for (const auto& e : events) {
    r.answer.add(e);
    if (const auto* more = e.more(); more && more->generated_text) {
      r.generated_text = *more->generated_text;
      r.generated_tokens = more->generated_tokens;
    }
  }
  r.answer.outcome = decoder.result();
  r.answer.failure = decoder.failed();
  r.done = decoder.done();
  return r;
}

std::string outcome_word(outcome o) {
  if (o == outcome::length)
    return "complete";
  return o == outcome::in_band_error ? "error" : std::string(name_of(o));
}

std::string compare_calls(const json::value& wanted, const std::vector<tool_call>& calls) {
  if (wanted.as_array().size() != calls.size())
    return std::to_string(calls.size()) + " tool calls";
  for (std::size_t i = 0; i < calls.size(); ++i) {
    const auto& w = wanted.as_array()[i];
    if (calls[i] != tool_call(text_at(w, "id"), text_at(w, "name"), text_at(w, "arguments")))
      return "tool call " + calls[i].id + " " + calls[i].name + " " + calls[i].arguments;
  }
  return {};
}

std::string compare_usage(const json::value* wanted, const usage& got) {
  if (!wanted)
    return got.empty() ? std::string() : std::string("usage, though none was sent");
  if (got.prompt_tokens != codec::uint_at(*wanted, "prompt_tokens") ||
      got.completion_tokens != codec::uint_at(*wanted, "completion_tokens") ||
      got.total_tokens != codec::uint_at(*wanted, "total_tokens"))
    return "usage";
  // The units add up to what was reported. An impossible report has no sum.
  const auto sum = got.units.input_tokens().value_or(0) + got.units.output_tokens().value_or(0);
  if (!got.inconsistent && got.prompt_tokens && got.completion_tokens && got.total_tokens && sum != *got.total_tokens &&
      *got.total_tokens == *got.prompt_tokens + *got.completion_tokens)
    return "units that are " + std::to_string(sum) + " tokens together";
  return {};
}

std::string compare(const json::value& wanted, const reading& got, bool tgi) {
  const auto& a = got.answer;
  if (a.text() != text_at(wanted, "text"))
    return "text \"" + a.text() + "\"";
  if (a.reasoning() != text_at(wanted, "reasoning"))
    return "reasoning \"" + a.reasoning() + "\"";
  if (auto why = compare_calls(wanted.at("tool_calls"), a.tool_calls()); !why.empty())
    return why;
  if (a.finish_reason() != text_at(wanted, "finish_reason"))
    return "finish_reason \"" + a.finish_reason() + "\"";
  if (a.failure.remote() != text_at(wanted, "error"))
    return "error \"" + a.failure.remote() + "\"";
  if (outcome_word(a.outcome) != text_at(wanted, "outcome"))
    return "outcome " + std::string(name_of(a.outcome));
  if (got.chunks != codec::uint_at(wanted, "chunks"))
    return std::to_string(got.chunks) + " chunks";
  if (!tgi) {
    if (got.done != codec::bool_at(wanted, "done"))
      return "done";
    return compare_usage(codec::find(wanted, "usage"), a.usage);
  }
  if (got.generated_text != text_at(wanted, "generated_text"))
    return "generated_text \"" + got.generated_text + "\"";
  return got.generated_tokens == codec::uint_at(wanted, "generated_tokens") ? std::string() : "generated_tokens";
}

json::array chunks_of(const frames& all) {
  json::array chunks;
  for (const auto& f : all) {
    error_code ec;
    auto v = codec::parse_json(f.data, ec);
    if (!ec)
      chunks.push_back(std::move(v));
  }
  return chunks;
}

void check_body(const std::string& id, std::string_view body, json::object wanted, const provider::route* route,
                bool tgi, tally& count) {
  const auto all = whole(body);
  const auto known = known_difference(wanted, chunks_of(all));
  if (!known.empty())
    count.known(id, known);
  const auto single = byte_by_byte(body);
  auto decoder = route ? provider::generation_decoder(*route) : provider::chat_decoder();
  auto why = compare(wanted, decode(all, *decoder), tgi);
  if (why.empty() && single != all)
    why = "byte by byte, the result differs";
  if (why.empty())
    why = try_splits(body, single);
  if (why.empty())
    count.pass();
  else
    count.fail(id, why);
}

// A list of chunks that TGI's tests recorded: put back on the wire, and its content is extracted here by hand.
void check_snapshot(const json::value& line, const std::string& place, tally& count) {
  const auto* list = codec::array_at(line, "data");
  const auto path = text_at(line, "path");
  const auto is_piece = [](const json::value& v) {
    const auto* choices = codec::array_at(v, "choices");
    return choices && (choices->empty() || !codec::find(choices->front(), "message"));
  };
  if (!list || list->empty() || !std::all_of(list->begin(), list->end(), is_piece)) {
    count.skip(); // complete responses, covered by conformance_responses, and one empty recording
    return;
  }
  std::string body;
  json::object wanted{{"text", ""},       {"reasoning", ""},       {"finish_reason", nullptr}, {"usage", nullptr},
                      {"error", nullptr}, {"outcome", "complete"}, {"chunks", list->size()},   {"done", true}};
  std::string text, arguments, name, call_id;
  bool completions = false;
  for (const auto& v : *list) {
    body += "data: " + codec::to_text(v) + "\n\n";
    if (const auto* counts = codec::find(v, "usage"))
      wanted["usage"] = *counts;
    for (const auto& c : *codec::array_at(v, "choices")) {
      completions = completions || codec::find(c, "text");
      if (codec::uint_at(c, "index") != 0u)
        continue;
      text += text_at(c, "text");
      if (const auto reason = text_at(c, "finish_reason"); !reason.empty())
        wanted["finish_reason"] = reason;
      const auto* delta = codec::find(c, "delta");
      if (!delta)
        continue;
      text += text_at(*delta, "content");
      if (const auto* calls = codec::array_at(*delta, "tool_calls"))
        for (const auto& call : *calls) {
          const auto& f = *codec::find(call, "function");
          arguments += text_at(f, "arguments");
          name += text_at(f, "name");
          call_id = text_at(call, "id");
        }
    }
  }
  wanted["text"] = text;
  wanted["tool_calls"] = name.empty()
                             ? json::array()
                             : json::array{json::object{{"id", call_id}, {"name", name}, {"arguments", arguments}}};
  body += "data: [DONE]\n\n";
  provider::route route;
  route.provider = "custom";
  check_body(place + " " + path, body, wanted, completions ? &route : nullptr, false, count);
}

void check(const json::value& line, const std::string& place, tally& count) {
  if (codec::find(line, "data")) {
    check_snapshot(line, place, count);
    return;
  }
  const bool tgi = text_at(line, "shape") == "tgi";
  provider::route route;
  route.provider = "tgi";
  check_body(place + " " + text_at(line, "id"), text_at(line, "body"), line.at("expected").as_object(),
             tgi ? &route : nullptr, tgi, count);
}

} // namespace

int main(int argc, char** argv) {
  tally count;
  if (!each_line(argc, argv, count, check))
    return 2;
  return count.finish("lists and objects that are complete responses");
}
