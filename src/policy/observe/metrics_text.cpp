#include "policy/observe/metrics_text.hpp"

#include <charconv>
#include <cmath>

namespace weir::inline v0 {

namespace {

void append_escaped(std::string& out, std::string_view text, bool quotes) {
  for (const char c : text) {
    if (c == '\n')
      out += "\\n";
    else if (c == '\\' || (quotes && c == '"'))
      (out += '\\') += c;
    else
      out += c;
  }
}

void append_number(std::string& out, double v) {
  if (std::isnan(v))
    out += "NaN";
  else if (std::isinf(v))
    out += v > 0 ? "+Inf" : "-Inf";
  else {
    char text[32];
    // A count is written as an integer as long as a double holds it exactly.
    const auto r = std::floor(v) == v && std::abs(v) < 9007199254740992.0
                       ? std::to_chars(text, text + sizeof text, static_cast<std::int64_t>(v))
                       : std::to_chars(text, text + sizeof text, v);
    out.append(text, r.ptr);
  }
}

std::string prometheus_name(const metric_family& f) {
  auto name = allowed_name(f.name);
  if (f.unit == "s")
    name += "_seconds";
  if (f.type == metric_family::kind::counter || f.type == metric_family::kind::amount)
    name += "_total";
  return name;
}

std::string_view type_of(const metric_family& f) {
  switch (f.type) {
  case metric_family::kind::counter:
  case metric_family::kind::amount: return "counter";
  case metric_family::kind::gauge: return "gauge";
  case metric_family::kind::histogram: break;
  }
  return "histogram";
}

class exposition {
public:
  explicit exposition(const metric_family& f, std::string& to) : name_(prometheus_name(f)), text_(to) {
    if (!f.help.empty()) {
      text_.append("# HELP ").append(name_) += ' ';
      append_escaped(text_, f.help, false);
      text_ += '\n';
    }
    text_.append("# TYPE ").append(name_).append(" ").append(type_of(f)) += '\n';
  }

  void value(const metric_point& p) { line({}, p.labels, {}, p.value); }

  void buckets(const metric_point& p, const histogram_bounds& bounds) {
    const auto& h = p.distribution;
    std::uint64_t all = 0;
    for (std::size_t i = 0; i < h.counts.size(); ++i) {
      all += h.counts[i];
      std::string le;
      append_number(le, i < bounds.size() ? bounds[i] : INFINITY);
      line("_bucket", p.labels, le, static_cast<double>(all));
    }
    line("_sum", p.labels, {}, h.sum);
    line("_count", p.labels, {}, static_cast<double>(all));
  }

private:
  void line(std::string_view suffix, const metric_labels& labels, std::string_view le, double v) {
    text_.append(name_).append(suffix);
    char before = '{';
    const auto label = [&](std::string_view name, std::string_view value) {
      text_ += std::exchange(before, ',');
      text_.append(name).append("=\"");
      append_escaped(text_, value, true);
      text_ += '"';
    };
    for (const auto& [name, value] : labels)
      label(allowed_name(name), value);
    if (!le.empty())
      label("le", le);
    if (before == ',')
      text_ += '}';
    text_ += ' ';
    append_number(text_, v);
    text_ += '\n';
  }

  std::string name_;
  std::string& text_;
};

} // namespace

std::string prometheus_text(const std::vector<metric_family>& families) {
  std::string text;
  for (const auto& f : families) {
    exposition out(f, text);
    for (const auto& p : f.points)
      if (f.type == metric_family::kind::histogram)
        out.buckets(p, f.bounds());
      else
        out.value(p);
  }
  return text;
}

std::string allowed_name(std::string_view name) {
  std::string out(name);
  for (char& c : out)
    if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_'))
      c = '_';
  if (out.empty() || (out.front() >= '0' && out.front() <= '9'))
    out.insert(out.begin(), '_');
  return out;
}

bool is_utf8(std::string_view text) noexcept {
  for (std::size_t i = 0; i < text.size();) {
    const auto at = [&](std::size_t n) { return static_cast<unsigned char>(i + n < text.size() ? text[i + n] : 0); };
    const unsigned first = at(0);
    if ((first >= 0x80 && first < 0xc2) || first > 0xf4)
      return false;
    const std::size_t more = first < 0x80 ? 0 : first < 0xe0 ? 1 : first < 0xf0 ? 2 : 3;
    for (std::size_t n = 1; n <= more; ++n)
      if ((at(n) & 0xc0) != 0x80)
        return false;
    // Overlong forms, surrogates, and what is beyond U+10FFFF.
    if ((first == 0xe0 && at(1) < 0xa0) || (first == 0xed && at(1) > 0x9f) || (first == 0xf0 && at(1) < 0x90) ||
        (first == 0xf4 && at(1) > 0x8f))
      return false;
    i += more + 1;
  }
  return true;
}

} // namespace weir::inline v0
