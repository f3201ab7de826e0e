// A request that may be about batches or their files, and who answers it.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "codec/json/json.hpp"
#include "sim/batches/batch_store.hpp"
#include "sim/batches/form.hpp"
#include "sim/server/request.hpp"
#include "sim/server/settings.hpp"

namespace weir::inline v0::sim {

/// Object lifetimes: refers to everything that it is made of.
class batch_ask {
public:
  batch_ask(const request& r, const settings& how, const std::vector<fault>& faults, wall_time now, batch_store& store,
            const line_answer& answer);

  const request& incoming;
  wall_time now;
  batch_store& store;
  const line_answer& answer;
  std::string origin; ///< Of this server, as the client named it.

  bool is(std::string_view method) const noexcept { return incoming.method == method; }
  std::string_view path() const noexcept { return incoming.path; }
  /// The path after the last `mark`; nothing if it does not have it.
  std::optional<std::string_view> after(std::string_view mark) const noexcept;
  /// What follows a resource of OpenAI's, such as `/files`: empty, or `/ID` and more. Nothing if the path has none.
  std::optional<std::string_view> below(std::string_view resource) const noexcept;
  /// What follows a resource of Gemini's, below `v1beta` or `v1`. There, where other protocols have it too, it is
  /// Gemini's if a header says so or the store has such an id: \p known.
  std::optional<std::string_view> below_gemini(std::string_view resource,
                                               bool (*known)(batch_store&, std::string)) const;
  /// Whether a part of the path between slashes is this.
  bool has_part(std::string_view part) const noexcept;
  /// The body as an object. \throws weir::error errc::invalid_argument if it is not one.
  const codec::json::value& body() const;
  /// A number of the query, within bounds.
  std::size_t limit(std::string_view name, std::size_t otherwise, std::size_t most) const noexcept;

  /// Starts a batch with the request's faults, and those of its metadata's member `x-fault`.
  /// \throws weir::error errc::invalid_argument if that names no fault.
  batch& begin(batch b, std::string_view id_prefix) const;
  /// The batch as it is now; null if there is none, or a fault hides it.
  batch* find(std::string_view id) const;
  /// Cancels a batch that has not ended.
  void cancel(batch& b) const;
  /// Those of a vendor that are not hidden, latest first, as they are now.
  std::vector<batch*> list(batch_vendor v) const;
  /// Whether so much can be stored.
  bool has_room(std::uint64_t bytes) const noexcept { return store.files.has_room(bytes); }
  /// A URL without a key for a file's bytes: for reading it, and for PUT if it is pending.
  std::string signed_url(const stored_file& f) const;

private:
  const std::vector<fault>& faults_;
  mutable std::optional<codec::json::value> body_;
};

/// `/ID…` apart: the id, and what follows it.
class id_and_verb {
public:
  explicit id_and_verb(std::string_view rest);
  std::string_view id, verb;
};

/// A page of a list.
template <class T>
class page {
public:
  page() = default;
  std::vector<T*> items;
  bool more = false;
};

/// Up to `most` of `all` behind the one with the id `after`; from the first if that is empty or unknown.
template <class T>
page<T> page_of(const std::vector<T*>& all, std::string_view after, std::size_t most) {
  page<T> out;
  std::size_t at = 0;
  for (std::size_t i = 0; i < all.size() && !after.empty(); ++i)
    if (all[i]->id == after)
      at = i + 1;
  for (; at < all.size() && out.items.size() < most; ++at)
    out.items.push_back(all[at]);
  out.more = at < all.size();
  return out;
}

/// Whether a request makes a batch: only there are the faults of batches drawn.
bool makes_batch(const request& r) noexcept;

/// `GET /sim/batches`: what has become of every batch. It needs no key, and no fault changes it.
std::optional<plan> answer_batch_account(const batch_ask& ask);
/// What is served without a key: the URLs that Gemini's uploads go to, and signed ones, which refuse requests that
/// carry a key.
std::optional<plan> answer_open_batches(const batch_ask& ask);
/// A protocol of batches or files, if the request belongs to one.
std::optional<plan> answer_batches(const batch_ask& ask);

/// A 404 in OpenAI's form, and a 507 when an upload does not fit.
plan no_such(std::string_view what, std::string_view id);
plan storage_full();
/// The answer for a batch that is not there, or was hidden by a fault.
plan no_such_batch(const batch_ask& ask, std::string_view id);

// One file per protocol.
std::optional<plan> answer_anthropic_batches(const batch_ask& ask);
std::optional<plan> answer_gemini_batches(const batch_ask& ask);
std::optional<plan> answer_gemini_files(const batch_ask& ask);
std::optional<plan> answer_mistral_batches(const batch_ask& ask);
std::optional<plan> answer_fireworks_batches(const batch_ask& ask);
std::optional<plan> answer_fireworks_datasets(const batch_ask& ask);
/// `…/files`, as OpenAI, Together, Mistral and xAI have them.
std::optional<plan> answer_files(const batch_ask& ask);
/// `…/batches`: \param rest the path behind it, such as `/ID/cancel`.
plan answer_openai_batches(const batch_ask& ask, std::string_view rest, batch_vendor v);
plan answer_together_batches(const batch_ask& ask, std::string_view rest);
plan answer_xai_batches(const batch_ask& ask, std::string_view rest);
plan answer_openrouter_batches(const batch_ask& ask, std::string_view rest);

} // namespace weir::inline v0::sim
