#include "client/config/config_reader.hpp"

#include <algorithm>
#include <limits>
#include <set>

#include "codec/text/nearest.hpp"
#include "core/time/duration.hpp"
#include "provider/response/errors.hpp"

namespace weir::inline v0 {

namespace json = codec::json;

namespace {

constexpr std::size_t longest_shown = 40;

std::string join(const std::string& path, std::string_view name) {
  return path.empty() ? std::string(name) : path + '.' + std::string(name);
}

std::string shown(const json::value& v) {
  if (v.is_object())
    return "an object";
  if (v.is_array())
    return "a list";
  auto text = codec::to_text(v);
  return text.size() <= longest_shown ? text : "a longer text";
}

// A limit that only the type has is not worth a word until somebody exceeds it.
std::string range_of(std::uint64_t min, std::uint64_t max, bool exceeded) {
  if (max < std::numeric_limits<std::uint32_t>::max() || exceeded)
    return "a whole number from " + std::to_string(min) + " to " + std::to_string(max);
  return "a whole number of at least " + std::to_string(min);
}

std::string listed(const std::vector<std::string_view>& names) {
  std::string all;
  for (const auto name : names)
    all.append(all.empty() ? "" : ", ").append(name);
  return all;
}

// Finds the first name that occurs twice in one object of a text that is JSON otherwise.
class repeated_name {
public:
  explicit repeated_name(std::string_view text) : text_(text) {}

  std::optional<std::string> find() {
    value({});
    return found_;
  }

private:
  char here() const { return at_ < text_.size() ? text_[at_] : '\0'; }
  void space() {
    while (at_ < text_.size() && std::isspace(static_cast<unsigned char>(text_[at_])))
      ++at_;
  }
  std::string string() {
    const auto from = at_++;
    while (at_ < text_.size() && text_[at_] != '"')
      at_ += text_[at_] == '\\' ? 2 : 1;
    ++at_;
    error_code ec;
    const auto v = codec::parse_json(text_.substr(from, at_ - from), ec);
    return !ec && v.is_string() ? std::string(v.get_string()) : std::string();
  }
  void value(const std::string& path) {
    space();
    if (here() == '{')
      object(path);
    else if (here() == '[')
      list(path);
    else if (here() == '"')
      string();
    else
      at_ = std::min(text_.find_first_of(",]}", at_), text_.size());
    space();
  }
  void object(const std::string& path) {
    std::set<std::string> names;
    do {
      ++at_;
      space();
      if (here() != '"')
        break;
      const auto name = string();
      if (!names.insert(name).second && !found_)
        found_ = join(path, name);
      space();
      ++at_;
      value(join(path, name));
    } while (!found_ && here() == ',');
    ++at_;
  }
  void list(const std::string& path) {
    std::size_t n = 0;
    do {
      ++at_;
      value(path + '[' + std::to_string(n++) + ']');
    } while (!found_ && here() == ',');
    ++at_;
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::optional<std::string> found_;
};

// `line 3, column 7` of a byte.
std::string place(std::string_view text, std::size_t offset) {
  const auto before = text.substr(0, offset);
  const auto line = std::count(before.begin(), before.end(), '\n') + 1;
  const auto begin = before.rfind('\n');
  return "line " + std::to_string(line) + ", column " +
         std::to_string(before.size() - (begin == std::string_view::npos ? 0 : begin + 1) + 1);
}

void refuse_keys(const config_value& v, const json::value& in) {
  if (const auto* s = in.if_string()) {
    if (looks_like_key(*s))
      v.refuse("looks like a key itself; put the key into an environment variable and its name into \"keys\"");
  } else if (const auto* list = in.if_array()) {
    std::size_t n = 0;
    for (const auto& element : *list)
      refuse_keys(config_value(element, v.path() + '[' + std::to_string(n++) + ']', v.file()), element);
  } else if (const auto* o = in.if_object()) {
    for (const auto& member : *o) {
      if (looks_like_key(member.key()))
        v.refuse("a name in here looks like a key itself; keys belong in environment variables");
      refuse_keys(config_value(member.value(), join(v.path(), member.key()), v.file()), member.value());
    }
  }
}

} // namespace

void config_value::refuse(std::string_view problem) const {
  const auto words = *file_ + ": " + (path_.empty() ? "" : path_ + ": ") + std::string(problem);
  throw error(errc::invalid_configuration, provider::sanitize(words, words.size()));
}

void config_value::refuse_type(std::string_view what) const {
  refuse("must be " + std::string(what) + ", not " + shown(*value_));
}

void config_value::refuse_other_than(const std::vector<std::string_view>& known) const {
  refuse_type("one of " + listed(known));
}

std::string config_value::text() const {
  if (!is_text())
    refuse_type("a text");
  return std::string(value_->get_string());
}

bool config_value::flag() const {
  if (!value_->is_bool())
    refuse_type("true or false");
  return value_->get_bool();
}

std::uint64_t config_value::whole(std::uint64_t min, std::uint64_t max) const {
  std::uint64_t n = 0;
  bool fits = true;
  if (const auto* i = value_->if_int64())
    fits = *i >= 0, n = static_cast<std::uint64_t>(*i);
  else if (const auto* u = value_->if_uint64())
    n = *u;
  else
    fits = false;
  if (!fits || n < min || n > max)
    refuse_type(range_of(min, max, fits && n > max));
  return n;
}

double config_value::number() const {
  if (!value_->is_number())
    refuse_type("a number");
  return value_->to_number<double>();
}

weir::duration config_value::duration() const {
  constexpr std::string_view what = "a duration such as \"250ms\", \"30s\" or \"5m\"";
  if (!is_text())
    refuse_type(what);
  try {
    return parse_duration(value_->get_string());
  } catch (const error&) {
    refuse_type(what);
  }
}

config_object config_value::object() const {
  if (!value_->is_object())
    refuse_type("an object");
  return config_object(*this);
}

std::vector<config_value> config_value::list() const {
  if (!is_list())
    refuse_type("a list");
  std::vector<config_value> all;
  for (const auto& element : value_->get_array())
    all.emplace_back(element, path_ + '[' + std::to_string(all.size()) + ']', *file_);
  return all;
}

std::vector<config_value> config_value::texts() const {
  if (!is_text() && !is_list())
    refuse_type("a text or a list of texts");
  auto all = is_list() ? list() : std::vector<config_value>(1, *this);
  if (all.empty())
    refuse("must not be an empty list");
  for (const auto& v : all)
    (void)v.text();
  return all;
}

std::optional<config_value> config_object::find(std::string_view name) {
  known_.push_back(name);
  const auto& members = value_.value_->get_object();
  const auto it = members.find(name);
  if (it == members.end() || std::find(left_out_.begin(), left_out_.end(), name) != left_out_.end())
    return std::nullopt;
  return config_value(it->value(), join(value_.path_, name), *value_.file_);
}

void config_object::leave_out(const config_object& other) {
  for (const auto& [name, v] : other.members())
    left_out_.push_back(name);
}

std::vector<std::pair<std::string, config_value>> config_object::members() const {
  std::vector<std::pair<std::string, config_value>> all;
  for (const auto& member : value_.value_->get_object())
    all.emplace_back(member.key(), config_value(member.value(), join(value_.path_, member.key()), *value_.file_));
  return all;
}

void config_object::finish() const {
  for (const auto& [name, v] : members()) {
    if (std::find(known_.begin(), known_.end(), name) != known_.end())
      continue;
    const auto meant = codec::nearest(name, known_);
    v.refuse(meant.empty() ? "no such setting; the settings are " + listed(known_)
                           : "no such setting; did you mean \"" + std::string(meant) + "\"?");
  }
}

config_document::config_document(std::string_view text, std::string file) : file_(std::move(file)) {
  error_code ec;
  codec::json_problem problem;
  value_ = codec::parse_json(text, ec, problem);
  const config_value whole(value_, {}, file_);
  if (ec) {
    if (problem.offset == text.size())
      if (const auto name = repeated_name(text).find())
        config_value(value_, *name, file_).refuse("is given more than once");
    const auto rest = text.substr(std::min(problem.offset, text.size()));
    whole.refuse("is not JSON: " + place(text, problem.offset) + ": " +
                 (rest.starts_with('/') ? "comments are not allowed" : problem.reason));
  }
  refuse_keys(whole, value_);
}

bool looks_like_key(std::string_view text) noexcept {
  // Shorter texts may be the names of models; the shortest of these keys has 32 characters.
  constexpr std::size_t least = 20;
  if (text.starts_with("Bearer ") || text.starts_with("bearer "))
    text.remove_prefix(7);
  if (text.size() < least || text.find_first_of(" /:") != std::string_view::npos)
    return false;
  for (const std::string_view prefix :
       {"hf_", "sk-", "sk_", "gsk_", "csk-", "r8_", "fw_", "tgp_", "xai-", "nvapi-", "AIza", "pplx-", "eyJ"})
    if (text.starts_with(prefix))
      return true;
  return false;
}

} // namespace weir::inline v0
