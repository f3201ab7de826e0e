// What the journal keeps of a part that a provider works on. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <weir/store/journal.hpp>

#include "batch/provider/dialect.hpp"

namespace weir::inline v0::vendor_batch {

/// The steps of a part, as kinds of records: above those that are states of items.
enum class part_step : std::uint8_t {
  planned = 128, ///< Its items and their order are fixed; nothing has been sent.
  uploaded,      ///< The provider has its file.
  intended,      ///< A batch may be created from here on, under this nonce.
  created,       ///< It has been, under this id.
  terminal,      ///< It has ended.
  fetched,       ///< A file of its results is here, or is no longer anywhere.
  settled,       ///< Every result that there is has been delivered: what is missing may go into another part.
  cleaned,       ///< Nothing is left to do.
};

/// An item of a part.
class part_item {
public:
  part_item() = default;
  part_item(std::string id, std::uint64_t index, std::uint64_t fingerprint)
      : id(std::move(id)), index(index), fingerprint(fingerprint) {}
  std::string id;
  std::uint64_t index = 0; ///< In the input.
  std::uint64_t fingerprint = 0;
};

/// A record. Only the members of its step are used.
class part_event {
public:
  part_event() = default;
  part_event(part_step step, std::string part, std::int64_t at) : step(step), part(std::move(part)), at(at) {}

  part_step step = part_step::planned;
  std::string part;    ///< The part's name.
  std::int64_t at = 0; ///< Unix seconds.

  std::string sha256;           ///< planned: of the lines; fetched: of the file.
  std::string tag;              ///< planned: what its custom ids begin with.
  std::vector<part_item> items; ///< planned: in the order of the lines.

  /// uploaded: the file's id; intended: the nonce; created: the batch's id; fetched: the place.
  std::string id;

  batch_state state = batch_state::running; ///< terminal.
  std::vector<result_place> places;         ///< terminal.
  std::vector<batch_problem> problems;      ///< terminal; at most 1,000.
  bool again = false; ///< terminal: nothing was run for want of room; the same part is created again.
  std::string remark; ///< terminal: a word more, such as `vanished`.

  std::string file;        ///< fetched: the name of the local file; empty if the place is gone.
  std::uint64_t bytes = 0; ///< fetched.
};

journal_record to_record(const part_event& e);
/// Nothing for a record of another kind. \throws weir::error errc::invalid_configuration for one that cannot be read.
std::optional<part_event> read_record(const journal_record& r);

/// The custom id of a part's line, and the line of a custom id; empty for one that is not the part's.
std::string custom_id(std::string_view tag, std::uint64_t line);
std::optional<std::uint64_t> line_of(std::string_view tag, std::string_view custom_id) noexcept;

} // namespace weir::inline v0::vendor_batch
