#include "batch/provider/run_support.hpp"

#include <doctest/doctest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/this_coro.hpp>

#include <cstdlib>
#include <filesystem>
#include <sstream>

#include <weir/core/backoff.hpp>
#include <weir/core/random.hpp>
#include <weir/testing.hpp>

#include "codec/json/json.hpp"

namespace weir::inline v0::test {

namespace json = codec::json;

namespace {

class vector_source final : public batch_source {
public:
  explicit vector_source(std::vector<batch_item> items) : items_(std::move(items)) {}
  asio::awaitable<std::optional<batch_item>> next() override {
    if (at_ == items_.size())
      co_return std::nullopt;
    co_return std::move(items_[at_++]);
  }

private:
  std::vector<batch_item> items_;
  std::size_t at_ = 0;
};

direct_result status(int s, std::string body) {
  direct_result r;
  r.status = s;
  r.body = std::move(body);
  if (s / 100 != 2)
    r.why = failure(s == 404 ? errc::not_found : errc::bad_request, "refused").status(s);
  return r;
}

provider::route route() {
  provider::target t;
  t.provider = "openai";
  t.model = "gpt-x";
  t.key = secret("sk-0123456789abcdef");
  return provider::resolve(provider::task::chat, t);
}

} // namespace

std::vector<batch_item> items_with(const std::vector<std::string>& messages) {
  std::vector<batch_item> items;
  for (std::size_t n = 0; n < messages.size(); ++n) {
    items.emplace_back(std::string(1, static_cast<char>('a' + n)), chat().user(messages[n]));
    items.back().columns("{\"row\":" + std::to_string(n) + "}");
  }
  return items;
}

void model_openai::fill(batch& b) {
  std::istringstream in(files[b.file]);
  for (std::string line; std::getline(in, line);) {
    if (line.empty())
      continue;
    error_code ec;
    const auto v = codec::parse_json(line, ec);
    const auto id = std::string(*codec::string_at(v, "custom_id"));
    const auto message = std::string(v.at("body").at("messages").at(0).at("content").as_string());
    const auto times = ++asked[message];
    ++b.lines;
    if ((message == "lost" && times == 1) || (b.cancelled && b.lines % 2 == 0))
      continue;
    if (message == "late" && times == 1)
      b.errors += "{\"custom_id\":\"" + id +
                  "\",\"response\":null,\"error\":{\"code\":\"batch_expired\",\"message\":\"expired\"}}\n";
    else if (message == "fail")
      b.errors += "{\"custom_id\":\"" + id +
                  "\",\"response\":{\"status_code\":400,\"body\":{\"error\":{\"message\":\"no\"}}},\"error\":null}\n";
    else
      b.output +=
          "{\"id\":\"x\",\"custom_id\":\"" + id +
          "\",\"response\":{\"status_code\":200,\"request_id\":\"r\",\"body\":{\"id\":\"c\",\"model\":\"gpt-x-1\","
          "\"choices\":[{\"index\":0,\"finish_reason\":\"stop\",\"message\":{\"role\":\"assistant\",\"content\":"
          "\"re: " +
          message + "\"}}],\"usage\":{\"prompt_tokens\":3,\"completion_tokens\":4}}},\"error\":null}\n";
  }
}

std::string model_openai::text(const batch& b, std::chrono::system_clock::time_point now) const {
  json::object o{{"id", b.id},
                 {"object", "batch"},
                 {"input_file_id", b.file},
                 {"metadata", {{"weir_part", b.nonce}}},
                 {"status", now < b.ends  ? "in_progress"
                            : b.cancelled ? "cancelled"
                                          : "completed"}};
  if (now >= b.ends) {
    if (!b.output.empty())
      o["output_file_id"] = b.id + ".out";
    if (!b.errors.empty())
      o["error_file_id"] = b.id + ".err";
  }
  return codec::to_text(o);
}

direct_result model_openai::act(const http::request& r, std::chrono::system_clock::time_point now) {
  const auto is = [&r](std::string_view method, std::string_view begin) {
    return r.method == method && std::string_view(r.target).starts_with(begin);
  };
  for (auto& b : batches)
    if (now >= b.ends && b.lines == 0) {
      fill(b);
      files[b.id + ".out"] = b.output;
      files[b.id + ".err"] = b.errors;
    }
  if (is("POST", "/v1/files")) {
    // The only file of the form.
    const auto from = r.body.find("filename=");
    const auto begin = r.body.find("\r\n\r\n", from) + 4;
    const auto id = "file-" + std::to_string(++next_);
    files[id] = r.body.substr(begin, r.body.rfind("\r\n--") - begin);
    return status(200, "{\"id\":\"" + id + "\",\"object\":\"file\"}");
  }
  if (r.method == "POST" && r.target == "/v1/batches") {
    error_code ec;
    const auto v = codec::parse_json(r.body, ec);
    batch b;
    b.id = "batch_" + std::to_string(++next_);
    b.file = *codec::string_at(v, "input_file_id");
    b.nonce = *codec::string_at(v.at("metadata"), "weir_part");
    b.ends = now + std::chrono::duration_cast<std::chrono::system_clock::duration>(takes);
    if (!files.contains(b.file))
      return status(400, "{}");
    batches.push_back(b);
    return status(200, text(b, now));
  }
  if (is("GET", "/v1/batches?")) {
    json::array all;
    for (auto b = batches.rbegin(); b != batches.rend(); ++b) {
      error_code ec;
      all.push_back(codec::parse_json(text(*b, now), ec));
    }
    return status(200, codec::to_text(json::object{{"object", "list"}, {"data", all}, {"has_more", false}}));
  }
  for (auto& b : batches) {
    if (r.method == "GET" && r.target == "/v1/batches/" + b.id)
      return status(200, text(b, now));
    if (r.method == "POST" && r.target == "/v1/batches/" + b.id + "/cancel") {
      b.cancelled = true;
      b.ends = now + std::chrono::seconds(30);
      return status(200, text(b, now));
    }
  }
  for (const auto& [id, content] : files) {
    if (r.method == "GET" && r.target == "/v1/files/" + id + "/content")
      return status(200, content);
    if (r.method == "DELETE" && r.target == "/v1/files/" + id) {
      files.erase(id);
      return status(200, "{}");
    }
  }
  return status(404, "{}");
}

asio::awaitable<direct_result> model_openai::send(http::request r, direct_http::receiver into) {
  const auto ex = co_await asio::this_coro::executor;
  const auto number = requests++;
  log.push_back(r.method + ' ' + r.target);
  if (sudden_end && *sudden_end / 2 == number && *sudden_end % 2 == 0)
    throw error(errc::cancelled, "the process has ended");
  auto got = act(r, time_of(ex).wall());
  if (sudden_end && *sudden_end / 2 == number)
    throw error(errc::cancelled, "the process has ended");
  co_await sleep_for(std::chrono::milliseconds(20));
  if (into && !got.why) {
    // In two pieces, wherever that is.
    const std::string_view body = got.body;
    into(body.substr(0, body.size() / 3));
    into(body.substr(body.size() / 3));
    got.body.clear();
  }
  co_return got;
}

test_folder::test_folder() {
  std::string name = (std::filesystem::temp_directory_path() / "weir-batch-XXXXXX").string();
  path = ::mkdtemp(name.data());
}
test_folder::~test_folder() {
  std::error_code ignored;
  std::filesystem::remove_all(path, ignored);
}

failure run_once(model_openai& server, memory_journal& journal, memory_host& host, std::vector<batch_item> items,
                 provider_batch_options o, std::optional<duration> cancel_after) {
  asio::io_context io;
  testing::manual_time::install(io);
  seed_random(io, 17 + server.requests);
  const std::shared_ptr<const vb::dialect> by = vb::make_dialect(route());
  vb::provider_run run(by, server.transport(), journal, host, std::move(o));
  vector_source from(std::move(items));
  failure why;
  asio::co_spawn(io, run.run(from), [&why](const std::exception_ptr& e) { why = failure_of(e); });
  if (cancel_after) {
    testing::run(io, *cancel_after);
    run.cancel();
  }
  CHECK_MESSAGE(testing::run(io, std::chrono::hours(24 * 30)), "the run does not end");
  return why;
}

} // namespace weir::inline v0::test
