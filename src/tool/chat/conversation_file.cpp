#include "tool/chat/conversation_file.hpp"

#include <fmt/format.h>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include <weir/core/error.hpp>

#include "client/files/sink.hpp"
#include "codec/json/json.hpp"
#include "core/descriptor.hpp"
#include "provider/chat/read/messages_json.hpp"
#include "tool/output/output.hpp"
#include "tool/private_files.hpp"

namespace weir::inline v0::cli {

namespace json = codec::json;

namespace {

constexpr std::string_view type = "weir conversation";
constexpr std::int64_t version = 1;
// The messages' limit, with room for what JSON escapes.
constexpr std::size_t most_bytes = std::size_t{512} << 20;

[[noreturn]] void refuse(const std::string& path, std::string_view why) {
  throw error(errc::invalid_argument, fmt::format("{} {}", path, why));
}

[[noreturn]] void cannot(const char* what, const std::string& path) {
  throw error(errc::invalid_argument, fmt::format("cannot {} {}: {}", what, path, std::strerror(errno)));
}

std::string contents(const std::string& path) {
  const descriptor file(::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
  struct stat s{};
  if (!file || ::fstat(file.get(), &s) != 0)
    cannot("read", path);
  if (!S_ISREG(s.st_mode))
    refuse(path, "is not a regular file, and so no conversation");
  return read_all(file.get(), path, most_bytes);
}

// What changes when the file is written to; empty where there is none.
std::string state_of(const std::string& path) {
  struct stat s{};
  if (::stat(path.c_str(), &s) != 0)
    return {};
  return fmt::format("{} {} {} {}.{}", s.st_dev, s.st_ino, s.st_size, s.st_mtim.tv_sec, s.st_mtim.tv_nsec);
}

// Beside it: talk-2.json for talk.json.
std::string free_name(const std::string& path) {
  constexpr std::size_t most = 10'000;
  std::size_t number = 1;
  while (number < most && ::access(numbered_path(path, number).c_str(), F_OK) == 0)
    ++number;
  return numbered_path(path, number);
}

json::value parsed(const std::string& path, const std::string& text) {
  error_code ec;
  codec::json_problem problem;
  auto v = codec::parse_json(text, ec, problem);
  if (!ec)
    return v;
  // As save() begins it.
  if (text.empty() || text.starts_with(fmt::format("{{\"type\":\"{}\"", type)))
    refuse(path, fmt::format("is damaged, or cut off ({} at byte {}): restore it from a copy, or use another name",
                             problem.reason, problem.offset));
  refuse(path, "is not a conversation that weir saved: use another name");
}

} // namespace

conversation load_conversation(const std::string& path) {
  const auto v = parsed(path, contents(path));
  if (codec::string_at(v, "type") != type)
    refuse(path, "is not a conversation that weir saved: use another name");
  const auto saved = codec::int_at(v, "version");
  if (saved != version)
    refuse(path,
           fmt::format("was saved by another version of weir ({}, where this one has {}): use that, or another name",
                       saved ? std::to_string(*saved) : "unknown", version));
  const auto* messages = codec::find(v, "messages");
  conversation talk;
  talk.messages = provider::read_messages(messages ? *messages : json::value(), path);
  talk.model = codec::string_at(v, "model").value_or("");
  return talk;
}

conversation_file::conversation_file(std::string path, bool continues) : path_(std::move(path)) {
  state_ = state_of(path_);
  struct stat s{};
  const auto slash = path_.rfind('/');
  const auto folder = slash == path_.npos ? std::string(".") : path_.substr(0, slash + 1);
  if (::access(folder.c_str(), W_OK | X_OK) != 0)
    cannot("write to", folder);
  if (::stat(path_.c_str(), &s) != 0 && errno == ENOENT)
    return;
  if (!S_ISREG(s.st_mode))
    refuse(path_, "is not a regular file: save the conversation to another");
  if (continues || s.st_size == 0)
    return;
  (void)load_conversation(path_);
  refuse(path_,
         fmt::format("holds another conversation: go on with it (--continue={}), or save to another file", path_));
}

void conversation_file::save(const conversation& talk) {
  if (path_.empty())
    return;
  if (path_ != last_conversation() && state_of(path_) != state_) {
    auto other = free_name(path_);
    say(stderr, "{} was changed by another process: this conversation goes on in {}\n", path_, other);
    path_ = std::move(other);
  }
  json::object o{{"type", type}, {"version", version}};
  if (!talk.model.empty())
    o["model"] = talk.model;
  o["messages"] = provider::to_json(talk.messages);
  write_private(path_, codec::to_text(o) + "\n");
  state_ = state_of(path_);
}

std::string last_conversation() { return state_file("conversation.json"); }

conversation_file kept_conversation() {
  const auto path = last_conversation();
  if (path.empty())
    return {};
  make_folders_of(path);
  try {
    if (::access(path.c_str(), F_OK) == 0)
      (void)load_conversation(path);
    return conversation_file(path, true);
  } catch (const error& e) {
    say(stderr, "the conversation is not kept for --continue: {}\n", e.failure().message());
    return {};
  }
}

} // namespace weir::inline v0::cli
