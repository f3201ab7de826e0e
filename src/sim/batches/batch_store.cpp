#include "sim/batches/batch_store.hpp"

#include <algorithm>
#include <functional>

#include <weir/core/random.hpp>

#include "sim/batches/batch_results.hpp"
#include "sim/dialects/dialects.hpp"
#include "sim/protocol.hpp"
#include "sim/routes.hpp"

namespace weir::inline v0::sim {

namespace json = codec::json;

namespace {

constexpr std::size_t most_batches = 1000;
constexpr std::size_t lines_per_look = 1000, lines_per_turn = 100;
constexpr std::size_t most_remembered = 4'000'000;

std::uint64_t hash_of(std::string_view text) { return std::hash<std::string_view>()(text); }

std::string_view text_of(const batch& b, const batch_line& l) {
  return std::string_view(*b.input).substr(l.begin, l.size);
}

plan refused_line(const batch_line& l, int status, std::string_view message, std::string_view code) {
  request r;
  r.method = "POST";
  r.path = l.path;
  return reworded(openai_error(status, message, status < 500 ? "invalid_request_error" : "server_error", code),
                  wording_at(place_of(r)));
}

void shuffle(std::vector<std::string>& all, random_source& random) {
  for (auto left = all.size(); left > 1; --left)
    std::swap(all[left - 1], all[random.below(left)]);
}

std::string joined(const std::vector<std::string>& all) {
  std::size_t size = 0;
  for (const auto& each : all)
    size += each.size() + 1;
  std::string out;
  out.reserve(size);
  for (const auto& each : all)
    out.append(each).append("\n");
  return out;
}

} // namespace

batch& batch_store::begin(batch b, wall_time now, std::string_view id_prefix) {
  ++created_;
  if (batches_.size() == most_batches) {
    drop(batches_.front());
    batches_.pop_front();
  }
  if (b.id.empty())
    b.id = std::string(id_prefix) + std::to_string(created_);
  b.created = now;
  b.validate = how_.validate;
  b.run = how_.run;
  b.finalize = how_.finalize;
  if (b.content.lines.empty() && !b.refused())
    read(b, now);
  files.hold(b.input->size());
  return batches_.emplace_back(std::move(b));
}

void batch_store::extend(batch& b, std::string_view jsonl, wall_time now) {
  files.hold(jsonl.size());
  b.input = std::make_shared<const std::string>(*b.input + std::string(jsonl));
  b.created = now;
  read(b, now);
}

void batch_store::read(batch& b, wall_time now) const {
  b.form.most_lines = how_.lines.value_or(b.form.most_lines);
  b.form.most_bytes = how_.bytes.value_or(b.form.most_bytes);
  b.content = read_input(*b.input, b.form, b.endpoint);
  if (b.model.empty())
    b.model = b.content.model;
  if (how_.tokens && !b.refused() && enqueued(b, now) + b.content.tokens > *how_.tokens)
    b.content.problems.emplace_back(std::string(token_limit), "Enqueued token limit reached for " + b.model +
                                                                  ". Limit: " + std::to_string(*how_.tokens) +
                                                                  " enqueued tokens. Please try again once some "
                                                                  "in_progress batches have been completed.");
}

std::uint64_t batch_store::enqueued(const batch& like, wall_time now) const noexcept {
  std::uint64_t all = 0;
  for (const auto& b : batches_)
    if (&b != &like && b.vendor == like.vendor && b.model == like.model && !b.refused() && now < b.ends_at())
      all += b.content.tokens;
  return all;
}

batch* batch_store::find(std::string_view id) noexcept {
  const auto it = std::find_if(batches_.begin(), batches_.end(), [id](const batch& b) { return b.id == id; });
  return it == batches_.end() ? nullptr : &*it;
}

void batch_store::drop(batch& b) {
  files.release(b.input ? b.input->size() : 0);
  files.release(b.results ? b.results->size() : 0);
  for (const auto& o : b.outcomes)
    files.release(o.body.size());
}

bool batch_store::erase(std::string_view id) noexcept {
  const auto it = std::find_if(batches_.begin(), batches_.end(), [id](const batch& b) { return b.id == id; });
  if (it == batches_.end())
    return false;
  drop(*it);
  batches_.erase(it);
  return true;
}

void batch_store::answer_line(batch& b, const line_answer& answer) {
  line_outcome o;
  o.line = b.answered++;
  o.serial = ++answered_;
  const auto& l = b.content.lines[o.line];
  plan p;
  if (b.spoils(o.line)) {
    p = refused_line(l, 500, "Simulated failure of the line.", "simulated");
  } else {
    auto body = member_of(text_of(b, l), b.form.body_key);
    for (const auto& [key, value] : b.defaults)
      if (!body.get_object().contains(key))
        body.get_object()[key] = value;
    p = answer(l.path, std::move(body));
    if (p.events)
      p = refused_line(l, 400, "A request of a batch cannot be streamed.", "invalid_value");
  }
  if (!files.has_room(p.body.size()))
    p = refused_line(l, 507, "The simulated storage is full: delete files.", "storage_full");
  o.status = p.status;
  o.body = std::move(p.body);
  files.hold(o.body.size());
  ++(o.good() ? b.succeeded : b.failed);
  if (o.good()) {
    error_code ec;
    b.usage.add(codec::parse_json(o.body, ec));
    const auto hash = hash_of(l.id) ^ hash_of(text_of(b, l)) * 31;
    if (seen_.contains(hash))
      ++repeated_;
    else if (seen_.size() < most_remembered)
      seen_.insert(hash);
  } else {
    ++failed_;
  }
  b.outcomes.push_back(std::move(o));
}

void batch_store::write(batch& b, batch_phase end) {
  b.written = true;
  std::vector<std::string> good, bad;
  auto& failures = b.place == result_place::two_files ? bad : good;
  const auto& lines = b.content.lines;
  for (auto& o : b.outcomes) {
    (o.good() ? good : failures).push_back(result_line(b, lines[o.line], &o, end));
    files.release(o.body.size());
    o.body = std::string();
  }
  for (auto i = b.refused() ? lines.size() : b.answered; i < lines.size(); ++i)
    if (auto text = result_line(b, lines[i], nullptr, end); !text.empty())
      failures.push_back(std::move(text));
  b.outcomes = {};
  if (const auto* twice = b.has(fault_kind::batch_duplicate_lines))
    for (std::size_t i = 0, n = std::min<std::size_t>(twice->count(), good.size()); i < n; ++i)
      good.push_back(good[i]);
  // Results that cannot be told apart by an id keep their order.
  random_source random(hash_of(b.id));
  if (std::all_of(lines.begin(), lines.end(), [](const batch_line& l) { return l.named; }))
    shuffle(good, random);
  shuffle(bad, random);

  const auto ended = b.ends_at();
  const auto put = [&](std::string_view what, const std::vector<std::string>& all) {
    if (all.empty())
      return std::string();
    stored_file f;
    f.name = b.id + "_" + std::string(what) + ".jsonl";
    std::replace(f.name.begin(), f.name.end(), '/', '-');
    f.purpose = "batch_output";
    f.type = "application/jsonl";
    f.created = ended;
    f.content = std::make_shared<const std::string>(joined(all));
    return files.add(std::move(f), b.vendor == batch_vendor::gemini ? "files/batch-sim" : "file-sim").id;
  };
  if (b.place == result_place::held) {
    b.results = std::make_shared<const std::string>(joined(good));
    files.hold(b.results->size());
  } else {
    b.output_file = put("output", good);
    b.error_file = put("error", bad);
  }
  files.release(b.input->size());
  b.input = nullptr;
}

void batch_store::advance(batch& b, wall_time now, const line_answer& answer) {
  b.looked_at = now;
  auto due = b.due(now);
  if (due > b.answered + lines_per_look)
    due = b.answered + lines_per_look;
  while (b.answered < due)
    answer_line(b, answer);
  if (const auto p = b.phase(now); is_terminal(p) && !b.written)
    write(b, p);
}

void batch_store::advance_all(wall_time now, const line_answer& answer) {
  for (auto& b : batches_)
    advance(b, now, answer);
}

bool batch_store::behind() const noexcept {
  return std::any_of(batches_.begin(), batches_.end(), [](const batch& b) { return b.behind(); });
}

bool batch_store::work(const line_answer& answer) {
  const auto it = std::find_if(batches_.begin(), batches_.end(), [](const batch& b) { return b.behind(); });
  if (it == batches_.end())
    return false;
  for (auto left = lines_per_turn; left != 0 && it->behind(); --left)
    answer_line(*it, answer);
  return behind();
}

json::value batch_store::told(wall_time now) const {
  json::array all;
  for (const auto& b : batches_) {
    json::object one;
    one["id"] = b.id;
    one["vendor"] = name_of(b.vendor);
    one["endpoint"] = b.endpoint;
    one["model"] = b.model;
    one["state"] = name_of(b.phase(now));
    one["lines"] = b.content.lines.size();
    one["succeeded"] = b.succeeded;
    one["failed"] = b.failed;
    one["metadata"] = b.metadata;
    all.push_back(std::move(one));
  }
  json::object out;
  out["created"] = created_;
  out["lines_answered"] = answered_;
  out["lines_failed"] = failed_;
  out["lines_repeated"] = repeated_;
  out["files"] = files.all().size();
  out["bytes"] = files.bytes();
  out["batches"] = std::move(all);
  return out;
}

} // namespace weir::inline v0::sim
