#include "batch/input/row_stream.hpp"

#include <weir/core/error.hpp>

#include "batch/input/request_form.hpp"
#include "core/async/ration.hpp"

namespace weir::inline v0::input {

namespace asio = boost::asio;

namespace {

constexpr std::size_t enough_to_know = std::size_t{64} << 10;
constexpr std::uint64_t bytes_per_turn = std::uint64_t{256} << 10;
constexpr std::size_t magic_bytes = 6;

} // namespace

void row_stream::close() noexcept {
  bytes_.reset();
  unpacked_.reset();
  rows_.reset();
  file_.reset();
}

// Some more bytes, unpacked; false at the end.
asio::awaitable<bool> row_stream::more(std::string& to) {
  for (;;) {
    const auto piece = unpacked_->pull();
    if (!piece.empty()) {
      to += piece;
      co_return true;
    }
    if (ended_)
      co_return false;
    std::string_view packed;
    if (!all_read_)
      packed = co_await bytes_->read();
    if (packed.empty()) {
      unpacked_->finish();
      all_read_ = ended_ = true;
    } else {
      unpacked_->feed(packed);
    }
  }
}

asio::awaitable<void> row_stream::open() {
  const auto& what = from_[at_];
  ended_ = checked_ = all_read_ = false;
  bytes_ = std::make_unique<byte_reader>(what);

  // A pipe may give a few bytes at a time.
  first_.clear();
  while (first_.size() < magic_bytes && !all_read_) {
    const auto piece = co_await bytes_->read();
    first_ += piece;
    all_read_ = piece.empty();
  }
  if (const auto why = problem_of_input(first_); !why.empty())
    throw error(errc::invalid_argument, what.name + " " + why);
  unpacked_ = unpacker_of(packing_of(first_), what.name);
  unpacked_->feed(first_);
  std::string beginning;
  while (beginning.size() < enough_to_know && beginning.find('\n') == beginning.npos) {
    const bool some = co_await more(beginning);
    if (!some)
      break;
  }

  auto format = options_.format();
  if (format == batch_format::automatic)
    format = format_of(what.name, beginning, maker_.expected());
  if (format == batch_format::files) {
    if (!takes_files(options_))
      throw error(errc::invalid_argument, what.name + " is an image, audio or a document, which takes a task such as "
                                                      "automatic-speech-recognition, or a prompt for a chat about it");
    if (what.path.empty())
      throw error(errc::invalid_argument, "a file of media cannot be read from standard input: give its path");
    file_ = row();
    file_->file = what.path;
    file_->members["file"] = what.name;
    file_->line = 1;
    ended_ = true;
    co_return;
  }
  if (const auto why = problem_of_input(beginning); !why.empty())
    throw error(errc::invalid_argument, what.name + " " + why);
  decoder_options o;
  o.name = what.name;
  o.max_line = options_.max_line();
  rows_ = rows_of(format, beginning, o);
  rows_->feed(beginning);
  if (ended_)
    rows_->finish();
}

// Gives the decoder more bytes; false if there are none.
asio::awaitable<bool> row_stream::feed() {
  if (ended_)
    co_return false;
  std::string some;
  const bool any = co_await more(some);
  if (any)
    rows_->feed(some);
  else
    rows_->finish();
  moved_ += some.size();
  if (moved_ - since_ >= bytes_per_turn) {
    since_ = moved_;
    co_await give_way();
  }
  co_return true;
}

asio::awaitable<std::optional<row>> row_stream::next() {
  for (;;) {
    if (!bytes_) {
      if (at_ == from_.size())
        co_return std::nullopt;
      if (only_files_ && !input::can_read_again(from_[at_])) {
        ++at_;
        continue;
      }
      co_await open();
    }
    if (file_ && ended_) {
      auto found = std::exchange(*file_, row());
      if (!found.file.empty())
        co_return found;
    }
    auto found = rows_ ? rows_->next() : std::nullopt;
    if (found) {
      if (!checked_ && found->problem.empty()) {
        checked_ = true;
        maker_.check_columns(*found, from_[at_].name);
      }
      co_return found;
    }
    const bool fed = co_await feed();
    if (!fed) {
      // Also of a table without rows that can be read.
      if (const auto head = rows_ && !checked_ ? rows_->head() : std::nullopt)
        maker_.check_columns(*head, from_[at_].name);
      close();
      ++at_;
    }
  }
}

} // namespace weir::inline v0::input
