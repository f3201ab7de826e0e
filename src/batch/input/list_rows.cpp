// A JSON list, value by value: an input is not held, however long the list is.
#include "batch/input/row_decoder.hpp"

namespace weir::inline v0::input {

namespace {

bool is_blank(char c) noexcept { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

class list_decoder : public row_decoder {
public:
  explicit list_decoder(const decoder_options& o) : limit_(o.max_line) {}
  void feed(std::string_view bytes) override {
    held_.erase(0, at_);
    at_ = 0;
    held_ += bytes;
  }
  void finish() override { finished_ = true; }

  std::optional<row> next() override {
    while (at_ < held_.size()) {
      const char c = held_[at_++];
      const bool ended = state_ == state::value ? in_value(c) : outside(c);
      if (c == '\n')
        ++line_;
      if (ended)
        return take();
    }
    if (!finished_ || told_)
      return std::nullopt;
    told_ = true;
    if (state_ == state::ended || state_ == state::before)
      return std::nullopt;
    return broken("the list is not closed: the end of the input is missing", line_);
  }

private:
  enum class state { before, between, value, ended };

  static row broken(std::string why, std::uint64_t line) {
    row r;
    r.line = line;
    r.problem = std::move(why);
    return r;
  }

  bool outside(char c) {
    if (is_blank(c) || static_cast<unsigned char>(c) == 0xEF || static_cast<unsigned char>(c) == 0xBB ||
        static_cast<unsigned char>(c) == 0xBF) // a byte order mark
      return false;
    if (state_ == state::before && c == '[') {
      state_ = state::between;
      return false;
    }
    if (state_ == state::between && (c == ',' || c == ']')) {
      state_ = c == ']' ? state::ended : state::between;
      return false;
    }
    if (state_ == state::ended) {
      if (!behind_) {
        behind_ = true;
        value_ = "";
        began_ = line_;
        return true;
      }
      return false;
    }
    state_ = state::value;
    began_ = line_;
    depth_ = 0;
    in_text_ = escaped_ = too_long_ = false;
    value_.clear();
    return in_value(c);
  }

  // True once the value is whole; the character behind one that has no end of its own is read again.
  bool in_value(char c) {
    if (in_text_) {
      keep(c);
      if (escaped_)
        escaped_ = false;
      else if (c == '\\')
        escaped_ = true;
      else if (c == '"')
        in_text_ = false;
      return !in_text_ && depth_ == 0 && end_value();
    }
    if (depth_ == 0 && !value_.empty() && (c == ',' || c == ']' || is_blank(c))) {
      --at_;
      if (c == '\n')
        --line_;
      return end_value();
    }
    keep(c);
    if (c == '"')
      in_text_ = true;
    else if (c == '{' || c == '[')
      ++depth_;
    else if ((c == '}' || c == ']') && (depth_ == 0 || --depth_ == 0))
      return end_value();
    return false;
  }

  bool end_value() noexcept {
    state_ = state::between;
    return true;
  }

  void keep(char c) {
    if (value_.size() < limit_)
      value_ += c;
    else
      too_long_ = true;
  }

  row take() {
    if (behind_)
      return broken("there is something behind the end of the list", began_);
    if (too_long_)
      return broken("the value is longer than " + std::to_string(limit_) + " bytes", began_);
    return json_row(value_, began_);
  }

  std::string held_, value_;
  std::size_t at_ = 0, limit_, depth_ = 0;
  std::uint64_t line_ = 1, began_ = 1;
  state state_ = state::before;
  bool in_text_ = false, escaped_ = false, too_long_ = false, finished_ = false, told_ = false, behind_ = false;
};

} // namespace

std::unique_ptr<row_decoder> list_rows(const decoder_options& o) { return std::make_unique<list_decoder>(o); }

} // namespace weir::inline v0::input
