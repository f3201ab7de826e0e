// Lines edited with libedit, with history.
#include "tool/interactive/line_input.hpp"

#include <fcntl.h>
#include <histedit.h>
#include <unistd.h>

#include <cerrno>
#include <clocale>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cwchar>
#include <string_view>

#include "tool/interactive/history.hpp"
#include "tool/interactive/paste.hpp"
#include "tool/interactive/wait_for_key.hpp"
#include "tool/output/output.hpp"
#include "tool/output/terminal.hpp"

namespace weir::inline v0::cli {

namespace {

constexpr int remembered = 1000;
// How long the rest of a sequence may take that a key sends, in milliseconds.
constexpr int escape_time = 50;

int changes[2] = {-1, -1}; // a pipe with a byte for each change of the terminal

extern "C" void weir_on_terminal(int) {
  const int saved = errno;
  (void)!::write(changes[1], "", 1);
  errno = saved;
}

// Notices, for as long as it lives, that the terminal has another size, or was the shell's for a while (Ctrl-Z).
class terminal_watch {
public:
  terminal_watch() {
    if (changes[0] < 0 && ::pipe2(changes, O_CLOEXEC | O_NONBLOCK) != 0)
      return;
    struct sigaction ours{};
    ours.sa_handler = weir_on_terminal;
    ::sigaction(SIGCONT, &ours, &resumed_);
    ::sigaction(SIGWINCH, &ours, &resized_);
  }
  terminal_watch(const terminal_watch&) = delete;
  terminal_watch& operator=(const terminal_watch&) = delete;
  ~terminal_watch() {
    if (changes[0] < 0)
      return;
    ::sigaction(SIGCONT, &resumed_, nullptr);
    ::sigaction(SIGWINCH, &resized_, nullptr);
  }

private:
  struct sigaction resumed_{}, resized_{};
};

class edited_input final : public line_input {
public:
  explicit edited_input(std::string path) : file_(std::move(path)), marks_(is_capable(stdout)) {
    // What is typed is UTF-8, whatever the locale says.
    if (!std::setlocale(LC_CTYPE, "") || MB_CUR_MAX == 1)
      std::setlocale(LC_CTYPE, "C.UTF-8");
    list_ = ::history_init();
    HistEvent event{};
    ::history(list_, &event, H_SETSIZE, remembered);
    ::history(list_, &event, H_SETUNIQUE, 1);
    for (const auto& one : file_.entries())
      ::history(list_, &event, H_ENTER, one.c_str());
    editor_ = ::el_init("weir", stdin, stdout, stderr);
    if (!editor_)
      return;
    ::el_set(editor_, EL_CLIENTDATA, this);
    ::el_set(editor_, EL_PROMPT, &prompt_of);
    ::el_set(editor_, EL_EDITOR, "emacs");
    ::el_set(editor_, EL_SIGNAL, 0);
    ::el_set(editor_, EL_HIST, ::history, list_);
    ::el_set(editor_, EL_GETCFN, &next_character);
    ::el_source(editor_, nullptr);
  }
  ~edited_input() override {
    if (editor_)
      ::el_end(editor_);
    ::history_end(list_);
  }
  edited_input(const edited_input&) = delete;
  edited_input& operator=(const edited_input&) = delete;

  outcome read(const std::string& prompt, std::string& line) override {
    if (!editor_)
      return outcome::lost;
    prompt_ = prompt;
    how_ = outcome::line;
    state_ = std::mbstate_t{};
    keys_.clear();
    ::el_resize(editor_);
    // Before the prompt: el_gets() prints that first, and a Ctrl-D in between would be the terminal's.
    ::el_set(editor_, EL_PREP_TERM, 1);
    mark(begin_marking);
    const terminal_watch watch;
    int size = 0;
    const char* text = ::el_gets(editor_, &size);
    mark(end_marking);
    if (how_ != outcome::line)
      return how_;
    if (!text || size <= 0)
      return outcome::ended;
    line.assign(text, static_cast<std::size_t>(size));
    if (line.ends_with('\n'))
      line.pop_back();
    return outcome::line;
  }

  void remember(const std::string& entry) override {
    HistEvent event{};
    ::history(list_, &event, H_ENTER, entry.c_str());
    file_.add(entry);
  }

private:
  void mark(std::string_view how) {
    if (marks_)
      tell_between(stdout, how, {}, {});
  }

  void settle() {
    char byte = 0;
    while (::read(changes[0], &byte, 1) == 1) {
    }
    // It takes the terminal's modes for those it set.
    ::el_set(editor_, EL_PREP_TERM, 0);
    ::el_set(editor_, EL_PREP_TERM, 1);
    mark(begin_marking);
    ::el_resize(editor_);
    ::el_set(editor_, EL_REFRESH);
  }

  static edited_input& of(EditLine* editor) {
    void* self = nullptr;
    ::el_get(editor, EL_CLIENTDATA, &self);
    return *static_cast<edited_input*>(self);
  }
  static char* prompt_of(EditLine* editor) { return of(editor).prompt_.data(); }
  // 1 with a character, 0 at the end, -1 where there is none.
  static int next_character(EditLine* editor, wchar_t* into) { return of(editor).next(into); }

  int next(wchar_t* into) {
    constexpr auto incomplete = static_cast<std::size_t>(-2);
    constexpr auto invalid = static_cast<std::size_t>(-1);
    for (;;) {
      while (keys_.empty())
        if (!fill())
          return how_ == outcome::ended ? 0 : -1;
      const char byte = keys_.front();
      keys_.erase(0, 1);
      const auto n = std::mbrtowc(into, &byte, 1, &state_);
      if (n == incomplete)
        continue;
      if (n != invalid)
        return 1;
      state_ = std::mbstate_t{};
    }
  }

  // Gets a byte from the terminal; false if there is none, and `how_` says why.
  bool fill() {
    char byte = 0;
    std::size_t size = 0;
    if (pasted_.holds() && !has_keys(escape_time)) {
      pasted_.release(keys_);
      return true;
    }
    how_ = read_keys(&byte, 1, size, changes[0], [this] { settle(); });
    if (how_ == outcome::line)
      pasted_.add(byte, keys_);
    return how_ == outcome::line;
  }

  class history file_;
  ::History* list_ = nullptr;
  ::EditLine* editor_ = nullptr;
  std::string prompt_;
  outcome how_ = outcome::line;
  std::mbstate_t state_{};
  paste_filter pasted_;
  std::string keys_; // to be read
  bool marks_;       // the terminal marks what is pasted
};

} // namespace

std::unique_ptr<line_input> make_line_input(std::string history) {
  return std::make_unique<edited_input>(std::move(history));
}

} // namespace weir::inline v0::cli
