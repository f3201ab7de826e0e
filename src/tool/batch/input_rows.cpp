#include "tool/batch/input_rows.hpp"

#include <boost/asio/co_spawn.hpp>

#include <exception>
#include <optional>
#include <utility>

#include <weir/core/error.hpp>

#include "codec/json/json.hpp"

namespace weir::inline v0::cli {

namespace asio = boost::asio;
namespace json = codec::json;

namespace {

// An input whose lines have moved since they were asked is read from its beginning again, but not for each of them.
constexpr unsigned most_beginnings = 4;

std::optional<batch_item> next_of(asio::io_context& io, batch_source& from) {
  std::optional<batch_item> item;
  std::exception_ptr failed;
  asio::co_spawn(io, from.next(), [&](std::exception_ptr e, std::optional<batch_item> found) {
    failed = e;
    item = std::move(found);
  });
  io.restart();
  io.run();
  if (failed)
    std::rethrow_exception(failed);
  return item;
}

} // namespace

input_rows::input_rows(batch_input in, std::function<void()> check)
    : in_(std::move(in)), check_(std::move(check)), beginnings_left_(most_beginnings) {
  // All of it in its own order, whatever part of it is asked; the requests are not wanted.
  in_.part(1, 1).limit(0).sample(0).sample_share(1).prefix_window(0).each({});
  in_.maker([row = row_](const batch_row& r) -> batch_item::request_type {
    *row = r.json();
    if (*row == "{}")
      *row = codec::to_text(json::object{{"input", r.origin()}});
    return chat();
  });
}

input_rows::~input_rows() = default;

bool input_rows::find(const std::string& id) {
  for (;;) {
    check_();
    row_->clear();
    const auto item = next_of(io_, *source_);
    if (!item)
      return false;
    if (item->id() == id)
      return true;
  }
}

std::string input_rows::row_of(const std::string& id) {
  try {
    for (bool all = false;;) {
      if (!source_) {
        if (all || beginnings_left_ == 0)
          return {};
        --beginnings_left_;
        source_ = open_batch_input(in_);
        all = true;
      }
      if (find(id))
        return *row_;
      source_.reset();
    }
  } catch (const error& e) {
    if (e.code() == errc::cancelled)
      throw;
    source_.reset();
    beginnings_left_ = 0; // it cannot be read any more
  }
  return {};
}

} // namespace weir::inline v0::cli
