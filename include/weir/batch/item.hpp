// A request of a batch.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <variant>

#include <weir/core/error.hpp>
#include <weir/detail/abi.hpp>
#include <weir/task/chat.hpp>
#include <weir/task/request.hpp>
#include <weir/task/text_generation.hpp>

#include <weir/detail/fluent.hpp>

WEIR_BEGIN_NAMESPACE

/// A request of a batch under an id that no other item of it has.
///
///     weir::batch_item("ticket-17", weir::chat().user("Summarise: " + text))
class batch_item {
public:
  /// Any task's class becomes a task_request here.
  using request_type = std::variant<weir::chat, weir::text_generation, task_request>;

  batch_item(std::string id, request_type request) : id_(std::move(id)), request_(std::move(request)) {}

  /// An item that cannot be asked, such as a broken line of the input: its result is this failure, and nothing is sent.
  static batch_item rejected(std::string id, failure why) {
    batch_item item(std::move(id), weir::chat());
    item.rejection_ = std::move(why);
    return item;
  }
  const std::optional<failure>& rejection() const noexcept { return rejection_; }

  const std::string& id() const noexcept { return id_; }
  const request_type& request() const& noexcept { return request_; }
  request_type& request() & noexcept { return request_; }
  request_type&& request() && noexcept { return std::move(request_); }

  /// What passes through to the output beside the answer, such as the other columns of a row: a JSON object in text
  /// form, or empty.
  WEIR_FIELD(batch_item, std::string, columns)
  /// Where the item stands, for messages: `rows.csv:17`.
  WEIR_FIELD(batch_item, std::string, origin)
  /// Its place in the whole input, from 0, where the source leaves items out or changes their order: results are
  /// written in the order of places. Default: how many the source has given before it.
  WEIR_OPTIONAL(batch_item, std::uint64_t, place)
  /// What is requested, as a number: items that are to be answered alike have the same one, and an item that has
  /// another one when a job is resumed has been changed. 0: made from the request by batch_fingerprint().
  WEIR_VALUE(batch_item, std::uint64_t, fingerprint)

private:
  std::string id_;
  request_type request_;
  std::optional<failure> rejection_;
  std::string columns_;
  std::string origin_;
  std::optional<std::uint64_t> place_;
  std::uint64_t fingerprint_ = 0;
};

/// The fingerprint of a request: of all that is sent, and of the model that it names; not of its call_options. The same
/// in every process and version of weir; never 0.
std::uint64_t batch_fingerprint(const batch_item::request_type& request);

WEIR_END_NAMESPACE

#include <weir/detail/fluent.hpp>
