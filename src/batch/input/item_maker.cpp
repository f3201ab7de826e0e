#include "batch/input/item_maker.hpp"

#include <algorithm>
#include <cstdio>

#include <weir/core/error.hpp>

#include "core/stable_hash.hpp"
#include "provider/chat/read/request_read.hpp"

namespace weir::inline v0 {

std::optional<std::string> batch_row::at(std::string_view path) const {
  const auto* v = input::member_at(of_->members, path);
  return v ? std::optional(input::cell_text(*v)) : std::nullopt;
}

std::string batch_row::json() const { return codec::to_text(of_->members); }

namespace input {

namespace {

namespace json = codec::json;

constexpr std::string_view id_names[] = {"custom_id", "id", "key"};

bool has(const std::vector<std::string>& all, std::string_view one) {
  return std::find(all.begin(), all.end(), one) != all.end();
}

// `"id": null`
bool is_no_id(const json::object::value_type& member) {
  return member.value().is_null() &&
         std::find(std::begin(id_names), std::end(id_names), member.key()) != std::end(id_names);
}

void set_model(batch_item::request_type& r, const std::string& model) {
  if (auto* c = std::get_if<chat>(&r))
    c->model(model);
  else if (auto* t = std::get_if<text_generation>(&r))
    t->model(model);
  else
    std::get<task_request>(r).set_model(model);
}

} // namespace

std::string place_id(std::string_view name, std::uint64_t line) {
  const auto number = ":" + std::to_string(line);
  if (name.size() + number.size() <= max_id)
    return std::string(name) + number;
  char hash[24];
  std::snprintf(hash, sizeof hash, "%016llx", static_cast<unsigned long long>(stable_hash(name)));
  return hash + number;
}

item_maker::item_maker(const batch_input& o) : options_(o), prompt_(o.prompt()), system_(o.system()) {
  form_.media = o.media();
  if (o.parameters().empty())
    return;
  auto given = codec::parse_argument(o.parameters(), "the parameters");
  if (!given.is_object())
    throw error(errc::invalid_argument, "the parameters are no JSON object");
  form_.parameters = std::move(given.get_object());
}

std::vector<std::string> item_maker::expected() const {
  auto all = prompt_.names();
  all.insert(all.end(), system_.names().begin(), system_.names().end());
  all.insert(all.end(), options_.selected().begin(), options_.selected().end());
  for (const std::string_view name : {"custom_id", "id", "prompt", "text", "input"})
    all.emplace_back(name);
  if (!options_.id().empty())
    all.push_back(options_.id());
  return all;
}

void item_maker::check_columns(const row& first, std::string_view name) const {
  std::vector<std::string> wanted = prompt_.names();
  wanted.insert(wanted.end(), system_.names().begin(), system_.names().end());
  wanted.insert(wanted.end(), options_.selected().begin(), options_.selected().end());
  for (const auto* one : {&options_.id(), &options_.media()})
    if (!one->empty())
      wanted.push_back(*one);
  for (const auto& one : wanted)
    if (!member_at(first.members, one))
      throw_no_column(name, one, first.members);
}

std::string_view item_maker::id_key(const row& r) const noexcept {
  if (!options_.id().empty())
    return options_.id();
  if (!r.plain)
    for (const auto key : id_names)
      if (const auto* v = codec::find(r.members, key); v && !v->is_null())
        return key;
  return {};
}

std::string item_maker::id_of(const row& r, std::string_view name, std::string_view where) const {
  if (!r.file.empty())
    return name.size() <= max_id ? std::string(name) : place_id(name, 1);
  const auto key = id_key(r);
  const auto* v = key.empty() ? nullptr : member_at(r.members, key);
  if (!v && !options_.id().empty())
    throw_no_column(where, key, r.members);
  if (!v || v->is_null() || (v->is_string() && v->get_string().empty()))
    return place_id(name, r.line);
  if (!v->is_string() && !v->is_number())
    provider::throw_unreadable(where, "the id is neither a text nor a number");
  auto id = cell_text(*v);
  if (id.size() > max_id)
    provider::throw_unreadable(where, "the id is longer than " + std::to_string(max_id) + " bytes");
  return id;
}

batch_item::request_type item_maker::request_of(const row& r, std::string_view where,
                                                std::vector<std::string>& used) const {
  if (options_.maker())
    return options_.maker()(batch_row(r, where));
  if (!prompt_.empty() && options_.task().value_or(task_kind::chat) == task_kind::chat) {
    chat ask;
    if (!system_.empty())
      ask.system(system_.fill(r.members, where));
    auto text = prompt_.fill(r.members, where);
    auto part = part_of(r.members, r.file, form_);
    if (!part)
      return std::move(ask).user(std::move(text));
    return std::move(ask).add(message::user(std::move(text)).part(std::move(*part)));
  }
  auto members = r.members;
  if (!system_.empty())
    put_system(members, system_.fill(r.members, where));
  const bool chats = options_.task().value_or(task_kind::chat) == task_kind::chat;
  auto how = chats ? form_options() : form_;
  if (!prompt_.empty())
    how.prompt = prompt_.fill(r.members, where);
  auto made = chats ? form_request(members, r.table, where) : form_task(*options_.task(), members, r.file, where, how);
  if (prompt_.empty())
    used = std::move(made.used);
  return std::move(made.request);
}

std::string item_maker::columns_of(const row& r, const std::vector<std::string>& used) const {
  json::object kept;
  if (!options_.selected().empty()) {
    for (const auto& name : options_.selected())
      if (const auto* v = member_at(r.members, name))
        kept[name] = *v;
  } else if (keeps_all(r)) {
    return codec::to_text(r.members);
  } else if (!r.plain) {
    const auto id = options_.id().empty() ? id_key(r) : std::string_view();
    for (const auto& member : r.members)
      if (member.key() != id && !has(used, member.key()) && !is_no_id(member))
        kept[member.key()] = member.value();
  }
  return kept.empty() ? std::string() : codec::to_text(kept);
}

bool item_maker::keeps_all(const row& r) const noexcept {
  return !r.members.empty() && !r.plain && (r.table || options_.maker() || !prompt_.empty());
}

batch_item item_maker::make(const row& r, std::string_view name) const {
  const auto where = r.file.empty() ? std::string(name) + ":" + std::to_string(r.line) : std::string(name);
  auto id = r.file.empty() ? place_id(name, r.line) : where;
  try {
    if (!r.problem.empty())
      provider::throw_unreadable(where, r.problem);
    id = id_of(r, name, where);
    std::vector<std::string> used;
    auto request = request_of(r, where, used);
    if (!options_.model().empty())
      set_model(request, options_.model());
    batch_item item(id, std::move(request));
    item.origin(where).columns(columns_of(r, used));
    if (options_.each())
      options_.each()(item);
    return item;
  } catch (const error& e) {
    auto why = e.failure();
    if (!why.message().starts_with(where))
      why.message(where + ": " + why.message());
    auto item = batch_item::rejected(std::move(id), std::move(why));
    item.origin(where);
    if (!options_.selected().empty() || keeps_all(r))
      item.columns(columns_of(r, {}));
    return item;
  }
}

} // namespace input

} // namespace weir::inline v0
