#include "tool/output/status_line.hpp"

#include "tool/output/display_width.hpp"
#include "tool/output/output.hpp"
#include "tool/output/terminal.hpp"

namespace weir::inline v0::cli {

status_line::status_line(bool wanted, std::FILE* err) : err_(err), live_(wanted && is_capable(err)) {}

void status_line::begin() noexcept {
  waiting_ = true;
  taken_ = false;
}

void status_line::suggest(std::string_view text) {
  if (!taken_)
    draw(text);
}

void status_line::show(std::string_view text) {
  taken_ = true;
  draw(text);
}

void status_line::draw(std::string_view text) {
  if (!live_ || !waiting_)
    return;
  // The last column stays free: a character in it would make some terminals begin a new line.
  auto line = fitted(text, width_of(err_) - 1);
  if (drawn_ && line == text_)
    return;
  draw_line(err_, line);
  text_ = std::move(line);
  drawn_ = true;
}

void status_line::clear() noexcept {
  if (drawn_)
    wipe_line(err_);
  drawn_ = false;
}

void status_line::end() noexcept {
  clear();
  waiting_ = false;
}

} // namespace weir::inline v0::cli
