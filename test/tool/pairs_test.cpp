// The matrix of providers and tasks (87 pairs): each has an encoder, a decoder, a transcript and a run
// against the simulator.
#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <set>

#include <weir/core/base64.hpp>

#include "batch/output/result_json.hpp"
#include "provider/mapping.hpp"
#include "provider/offers.hpp"
#include "provider/tasks/task_fields.hpp"
#include "provider/vendors.hpp"
#include "tool/pairs.hpp"

using namespace weir;
using namespace weir::test;

namespace {

// How many tasks each vendor has: the last row of the matrix.
const std::map<std::string, std::size_t> counts{
    {"baseten", 1},        {"cerebras", 1},     {"cohere", 1},    {"deepinfra", 5}, {"fal-ai", 11},
    {"featherless-ai", 2}, {"fireworks-ai", 1}, {"groq", 2},      {"novita", 3},    {"hf-inference", 28},
    {"nscale", 2},         {"openai", 1},       {"ovhcloud", 2},  {"publicai", 1},  {"replicate", 5},
    {"scaleway", 3},       {"together", 9},     {"wavespeed", 6}, {"zai-org", 3}};

// What OpenAI itself offers beyond the matrix, on the routes that others copied from it; and Replicate's own way
// to chat.
bool beyond(const std::string& vendor, task_kind what) {
  if (vendor == "replicate")
    return what == task_kind::chat;
  return vendor == "openai" && (what == task_kind::text_generation || what == task_kind::feature_extraction ||
                                what == task_kind::text_to_image || what == task_kind::text_to_speech ||
                                what == task_kind::automatic_speech_recognition);
}

provider::route route_of(const pair_transcript& p) {
  provider::target t;
  t.provider = p.vendor;
  const bool own_key = p.text("key") == "provider";
  t.model = own_key ? p.text("as") : p.text("model");
  t.key = secret(own_key ? "pk-TEST" : "hf_TEST");
  auto r = provider::resolve(p.what, t);
  if (r.needs_mapping)
    provider::apply_mapping(r, provider::mapping(p.vendor, p.text("as")));
  return r;
}

void drop_nulls(json::object& o) {
  for (auto it = o.begin(); it != o.end();)
    it = it->value().is_null() ? o.erase(it) : it + 1;
}

// The parts of a form, as in the transcripts: name, then file name and type for a file, then the content.
json::array parts_of(const http::request& r) {
  const std::string type(r.headers.get("content-type"));
  const std::string mark = "boundary=";
  REQUIRE(type.find(mark) != std::string::npos);
  auto boundary = type.substr(type.find(mark) + mark.size());
  boundary.erase(std::remove(boundary.begin(), boundary.end(), '"'), boundary.end());
  const auto value = [](const std::string& head, const std::string& key) {
    const auto at = head.find(key);
    if (at == std::string::npos)
      return std::string();
    const auto from = at + key.size();
    return head.substr(from, head.find_first_of("\"\r", from) - from);
  };
  json::array all;
  std::size_t at = r.body.find("--" + boundary);
  for (;;) {
    const auto end = r.body.find("\r\n--" + boundary, at + 1);
    if (end == std::string::npos)
      return all;
    const auto part = r.body.substr(at + boundary.size() + 4, end - at - boundary.size() - 4);
    const auto blank = part.find("\r\n\r\n");
    REQUIRE(blank != std::string::npos);
    const auto head = part.substr(0, blank + 2), body = part.substr(blank + 4);
    if (const auto file = value(head, "filename=\""); file.empty())
      all.push_back(json::array{json::value(value(head, " name=\"")), json::value(body)});
    else
      all.push_back(json::array{json::value(value(head, " name=\"")), json::value(file),
                                json::value(value(head, "Content-Type: ")), json::value(encode_base64(body))});
    at = end + 2;
  }
}

void check_request(const pair_transcript& p, const http::request& got) {
  const auto& wanted = p.line.at("request");
  CHECK(got.method == "POST");
  CHECK(got.to.text() + got.target == *codec::string_at(wanted, "url"));
  REQUIRE(got.auth);
  CHECK(got.auth->key.origin() == got.to.text());
  if (const auto* headers = codec::object_at(wanted, "headers"))
    for (const auto& h : *headers)
      CHECK(std::string(got.headers.get(h.key())) == std::string(h.value().as_string()));
  if (const auto* form = codec::array_at(wanted, "form")) {
    CHECK(codec::to_text(parts_of(got)) == codec::to_text(*form));
  } else if (codec::find(wanted, "base64")) {
    CHECK(got.body == bytes_at(wanted, "base64"));
  } else {
    error_code ec;
    auto sent = codec::parse_json(got.body, ec);
    REQUIRE(sent.is_object());
    drop_nulls(sent.get_object());
    CHECK_MESSAGE(sent == wanted.at("body"), codec::to_text(sent));
  }
}

http::response_head head_of(const json::value& answer) {
  http::response_head head;
  head.status = static_cast<int>(*codec::uint_at(answer, "status"));
  head.headers.set("content-type", std::string(*codec::string_at(answer, "type")));
  return head;
}

std::string body_of(const json::value& answer) {
  return codec::find(answer, "base64") ? bytes_at(answer, "base64") : codec::to_text(answer.at("body"));
}

json::value text_result_of(const std::string& text, const std::string& finish) {
  return json::object{{"text", text}, {"finish_reason", finish}};
}

void play_task(const pair_transcript& p, const provider::route& to) {
  auto ask = p.request(to.requested_model);
  if (provider::needs_bytes(ask, to))
    for (std::size_t i = 0; i < ask.inputs().size(); ++i)
      if (auto inside = provider::read_data_url(ask.inputs()[i].url))
        ask.replace_input(i, std::move(*inside));
  check_request(p, provider::encode_task(ask, to));
  const auto job = provider::start_task(ask, to);
  const auto& answers = p.line.at("answers").as_array();
  const auto* polls = codec::array_at(p.line, "polls");
  for (std::size_t i = 0; i < answers.size(); ++i) {
    const auto step = job->on_answer(head_of(answers[i]), body_of(answers[i]));
    REQUIRE_MESSAGE(step.what != provider::step::kind::failed, step.why.describe());
    if (i + 1 == answers.size()) {
      REQUIRE(step.what == provider::step::kind::done);
      break;
    }
    REQUIRE(step.what == provider::step::kind::again);
    CHECK((step.wait > duration() || step.result));
    CHECK(step.next.method + ' ' + step.next.to.text() + step.next.target == std::string(polls->at(i).as_string()));
    REQUIRE(step.next.auth);
    CHECK(step.next.auth->key.origin() == step.next.to.text());
  }
  json::array fetched;
  for (const auto* m : job->parts())
    if (m->bytes.empty())
      fetched.push_back(json::value(m->url));
  const auto* wanted = codec::array_at(p.line, "fetched");
  CHECK(codec::to_text(fetched) == codec::to_text(wanted ? *wanted : json::array()));
  CHECK(codec::to_text(result_json(job->take())) == codec::to_text(p.line.at("result")));
}

void play_text(const pair_transcript& p, const provider::route& to) {
  const auto body = body_of(p.line.at("answers").as_array().at(0));
  json::value got;
  if (p.what == task_kind::chat) {
    check_request(p, provider::encode_chat(p.as_chat(to.requested_model), to, false));
    const auto made = provider::decode_chat(to, body);
    got = text_result_of(made.text(), made.finish_reason());
  } else {
    check_request(p, provider::encode_generation(p.as_generation(to.requested_model), to, false));
    const auto made = provider::decode_generation(to, body);
    got = text_result_of(made.text(), made.sequence.finish_reason);
  }
  CHECK(codec::to_text(got) == codec::to_text(p.line.at("result")));
}

} // namespace

TEST_CASE("the transcripts cover the matrix: 87 pairs, and no vendor has a task without one") {
  std::map<std::string, std::set<task_kind>> seen;
  for (const auto& p : all_pairs())
    CHECK_MESSAGE(seen[p.vendor].insert(p.what).second, "twice: ", p.id());
  std::size_t all = 0;
  for (const auto& [vendor, n] : counts) {
    CAPTURE(vendor);
    const auto in_matrix = [&](task_kind what) { return !beyond(vendor, what); };
    CHECK(static_cast<std::size_t>(std::count_if(seen[vendor].begin(), seen[vendor].end(), in_matrix)) == n);
    all += n;
    for (const auto what : all_task_kinds()) {
      CAPTURE(name_of(what));
      CHECK(provider::offers(vendor, what) == (seen[vendor].contains(what) || beyond(vendor, what)));
    }
  }
  CHECK(all == 87);
  CHECK(seen.size() == counts.size());
}

TEST_CASE("every pair sends what its transcript says, and reads the response") {
  for (const auto& p : all_pairs()) {
    CAPTURE(p.id());
    try {
      const auto to = route_of(p);
      if (p.what == task_kind::chat || p.what == task_kind::text_generation)
        play_text(p, to);
      else
        play_task(p, to);
    } catch (const error& e) {
      FAIL_CHECK(e.what());
    }
  }
}
