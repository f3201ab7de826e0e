#include "batch/input/input_source.hpp"

#include <limits>

#include <weir/core/error.hpp>

#include "batch/input/selection.hpp"
#include "provider/tasks/task_json.hpp"

namespace weir::inline v0 {

namespace asio = boost::asio;

namespace input {

namespace {

// Room for a line and its end beside it.
constexpr std::size_t longest_line = std::size_t{1} << 40;

// What is taken from folders.
wanted_media media_of(const batch_input& o) {
  const auto task = o.task().value_or(task_kind::chat);
  if (!takes_files(o))
    return {};
  const bool images = name_of(task).starts_with("image-") || provider::asks_about_image(task) ||
                      task == task_kind::object_detection || task == task_kind::zero_shot_image_classification;
  return [task, images](std::string_view type) {
    const bool document = type == "application/pdf";
    if (task == task_kind::chat)
      return document || type.starts_with("image/") || type.starts_with("audio/");
    if (images)
      return type.starts_with("image/") || (document && task == task_kind::document_question_answering);
    return type.starts_with("audio/") || type.starts_with("video/"); // sound of a video, too
  };
}

void check(const batch_input& o, const std::vector<input_path>& paths) {
  if (o.max_line() == 0 || o.max_line() > longest_line)
    throw error(errc::invalid_argument, "max_line is from 1 byte to 1 TiB");
  in_part({}, o.part().first, o.part().second); // throws
  largest_lot(o.sample_share());                // throws
  if (o.sample() == 0)
    return;
  if (o.sample_share() != 1)
    throw error(errc::invalid_argument, "a sample has a number of items or a share of them, not both");
  for (const auto& p : paths)
    if (!can_read_again(p))
      throw error(errc::invalid_argument, p.name + " can only be read once: a sample of it is a share of its items, "
                                                   "not a number of them");
}

} // namespace

opened_input::opened_input(batch_input o)
    : options(std::move(o)), paths(find_inputs(options.paths(), media_of(options))), maker(options) {
  check(options, paths);
}

input_source::input_source(std::shared_ptr<const opened_input> of, bool only_files)
    : of_(std::move(of)), rows_(of_->paths, of_->options, of_->maker), only_files_(only_files),
      largest_lot_(largest_lot(of_->options.sample_share())),
      left_(of_->options.limit() == 0 ? std::numeric_limits<std::uint64_t>::max() : of_->options.limit()) {
  if (only_files_)
    rows_.only_files();
}

bool input_source::takes(std::string_view id) const {
  const auto& o = of_->options;
  const auto [k, n] = o.part();
  if (n > 1 && !in_part(id, k, n))
    return false;
  if (o.sample() == 0 && o.sample_share() == 1)
    return true;
  return o.sample_share() > 0 && lot_of(id, o.seed()) <= largest_lot_;
}

// Before the first item: the lots of all.
asio::awaitable<void> input_source::find_sample() {
  sample_found_ = true;
  const auto& o = of_->options;
  if (o.sample() == 0)
    co_return;
  const auto [k, n] = o.part();
  lot_counter lots(static_cast<std::size_t>(o.sample()));
  auto maker = of_->maker;
  maker.only_find_files();
  row_stream all(of_->paths, o, maker);
  for (;;) {
    auto row = co_await all.next();
    if (!row)
      break;
    if (reshape_)
      reshape_(*row);
    const auto item = maker.make(*row, all.input().name);
    if (n == 1 || in_part(item.id(), k, n))
      lots.add(lot_of(item.id(), o.seed()));
  }
  largest_lot_ = lots.largest();
}

asio::awaitable<std::optional<batch_item>> input_source::next() {
  if (left_ == 0)
    co_return std::nullopt;
  if (!sample_found_)
    co_await find_sample();
  for (;;) {
    auto row = co_await rows_.next();
    if (!row)
      co_return std::nullopt;
    if (reshape_)
      reshape_(*row);
    auto item = of_->maker.make(*row, rows_.input().name);
    item.place(place_++);
    if (!takes(item.id()))
      continue;
    line_ = row->line;
    --left_;
    co_return item;
  }
}

} // namespace input

std::unique_ptr<batch_source> open_batch_input(batch_input o) {
  auto opened = std::make_shared<const input::opened_input>(std::move(o));
  std::unique_ptr<batch_source> source = std::make_unique<input::input_source>(opened, false);
  if (opened->options.prefix_window() > 0)
    source = prefix_ordered(std::move(source), opened->options.prefix_window());
  return source;
}

} // namespace weir::inline v0
