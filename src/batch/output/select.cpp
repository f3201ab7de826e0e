#include "batch/output/select.hpp"

#include <charconv>
#include <utility>

#include <weir/core/error.hpp>

namespace weir::inline v0 {

namespace json = codec::json;

namespace {

[[noreturn]] void refuse(std::string_view path, std::size_t at, std::string_view why) {
  throw error(errc::invalid_argument, "'" + std::string(path.substr(0, 200)) + "' is not a path into an answer: " +
                                          std::string(why) + " at character " + std::to_string(at + 1) +
                                          "; write one like .text, .json.label or .choices[0].message.content");
}

// Reads one step after the other.
class reader {
public:
  explicit reader(std::string_view path) : path_(path) {}

  bool done() const noexcept { return at_ == path_.size(); }

  std::variant<std::string, std::ptrdiff_t> next() {
    if (take('.')) {
      if (at_ < path_.size() && path_[at_] == '[')
        return bracket();
      return name();
    }
    if (at_ < path_.size() && path_[at_] == '[')
      return bracket();
    refuse(path_, at_, at_ == 0 ? "it must begin with a dot" : "a dot or a bracket is missing");
  }

private:
  bool take(char c) noexcept {
    const bool there = at_ < path_.size() && path_[at_] == c;
    at_ += there ? 1 : 0;
    return there;
  }

  std::string name() {
    const auto begin = at_;
    while (at_ < path_.size() && std::string_view(".[]\"'=| \t").find(path_[at_]) == std::string_view::npos)
      ++at_;
    if (at_ == begin)
      refuse(path_, at_, "a name is missing");
    return std::string(path_.substr(begin, at_ - begin));
  }

  std::variant<std::string, std::ptrdiff_t> bracket() {
    const auto open = at_++;
    if (at_ < path_.size() && path_[at_] == '"')
      return quoted(open);
    std::ptrdiff_t n = 0;
    const auto [end, ec] = std::from_chars(path_.data() + at_, path_.data() + path_.size(), n);
    if (ec != std::errc())
      refuse(path_, at_,
             path_.substr(at_).starts_with(']') ? "one element has to be named, such as [0],"
                                                : "a number or a name in quotes is missing");
    at_ = static_cast<std::size_t>(end - path_.data());
    close(open);
    return n;
  }

  std::string quoted(std::size_t open) {
    const auto begin = at_++;
    while (at_ < path_.size() && path_[at_] != '"')
      at_ += path_[at_] == '\\' ? 2 : 1;
    if (!take('"'))
      refuse(path_, begin, "a quote is not closed");
    error_code ec;
    const auto v = codec::parse_json(path_.substr(begin, at_ - begin), ec);
    if (ec)
      refuse(path_, begin, "a name in quotes has to be written as in JSON");
    close(open);
    return std::string(v.get_string().data(), v.get_string().size());
  }

  void close(std::size_t open) {
    if (!take(']'))
      refuse(path_, open, "a bracket is not closed");
  }

  std::string_view path_;
  std::size_t at_ = 0;
};

const json::value* member(const json::value& v, const std::string& name) noexcept { return codec::find(v, name); }

const json::value* element(const json::value& v, std::ptrdiff_t n) noexcept {
  if (!v.is_array())
    return nullptr;
  const auto& all = v.get_array();
  const auto size = static_cast<std::ptrdiff_t>(all.size());
  n += n < 0 ? size : 0;
  return n >= 0 && n < size ? &all[static_cast<std::size_t>(n)] : nullptr;
}

} // namespace

answer_path::answer_path(std::string_view path) {
  if (path == ".")
    return;
  reader in(path);
  do
    steps_.push_back(in.next());
  while (!in.done());
  if (const auto* first = std::get_if<std::string>(&steps_.front())) {
    from_ = *first == "text" ? begin::text : *first == "json" ? begin::json : begin::body;
    if (from_ == begin::text && steps_.size() > 1)
      refuse(path, 5, "the text has no parts (its JSON has: .json)");
    if (from_ != begin::body)
      steps_.erase(steps_.begin());
  }
}

std::optional<std::string> answer_path::in(const answer_view& answer) const {
  if (from_ == begin::text) {
    const auto text = answer.text();
    return text ? std::optional<std::string>(*text) : std::nullopt;
  }
  const auto* v = from_ == begin::json ? answer.json() : &answer.root();
  for (const auto& step : steps_) {
    if (!v)
      return std::nullopt;
    const auto* name = std::get_if<std::string>(&step);
    v = name ? member(*v, *name) : element(*v, std::get<std::ptrdiff_t>(step));
  }
  if (!v || v->is_null())
    return std::nullopt;
  if (v->is_string())
    return std::string(v->get_string().data(), v->get_string().size());
  return codec::to_text(*v);
}

output_field output_field::parse(std::string_view text) {
  const auto equals = text.find('=');
  const bool named = equals != text.npos && !text.starts_with('.') && !text.starts_with('[');
  if (named && equals == 0)
    throw error(errc::invalid_argument, "'" + std::string(text) + "' has no name before the '='");
  const auto path = named ? text.substr(equals + 1) : text;
  answer_path parsed(path);
  if (named)
    return {std::string(text.substr(0, equals)), std::move(parsed)};
  // `.choices[0].message.content` is `content`.
  auto name = path.substr(path.find_last_of('.') + 1);
  name = name.substr(0, name.find('['));
  return {name.empty() ? "answer" : std::string(name), std::move(parsed)};
}

} // namespace weir::inline v0
