// The first pass over an input: what it holds, and that no id comes twice.
#include <algorithm>
#include <set>

#include <weir/core/error.hpp>

#include "batch/input/id_ledger.hpp"
#include "batch/input/input_source.hpp"
#include "batch/input/request_size.hpp"

namespace weir::inline v0 {

namespace asio = boost::asio;

namespace {

constexpr std::size_t most_problems = 20;
constexpr std::size_t most_models = 1000;
constexpr std::size_t most_suspects = 1000;

void count(batch_input_check& c, const batch_item& item) {
  if (item.rejection()) {
    ++c.rejected;
    if (c.problems.size() < most_problems)
      c.problems.push_back(item.rejection()->message());
    return;
  }
  ++c.items;
  const auto size = input::size_of(item.request());
  c.characters += size.characters;
  c.media += size.media ? 1 : 0;
  if (size.max_output)
    c.max_output_tokens += *size.max_output;
  else if (const auto* task = std::get_if<task_request>(&item.request()); !task)
    ++c.unlimited;
  else if (task->what() != task_kind::feature_extraction) // which has no output tokens
    ++c.others;
  if (const auto at = c.models.find(std::string(size.model)); at != c.models.end())
    ++at->second;
  else if (c.models.size() < most_models)
    c.models.emplace(size.model, 1);
}

// Reads the rows of equal hashes again, and compares their ids.
asio::awaitable<void> refuse_twins(std::shared_ptr<const input::opened_input> of,
                                   std::vector<std::vector<input::place>> suspects) {
  std::set<input::place> wanted;
  for (const auto& group : suspects)
    wanted.insert(group.begin(), group.end());
  std::map<input::place, std::string> ids;
  input::input_source source(of, true);
  while (ids.size() < wanted.size()) {
    auto item = co_await source.next();
    if (!item)
      break;
    if (const input::place at(source.input_number(), source.line()); wanted.contains(at))
      ids.emplace(at, item->id());
  }
  const auto name = [&of](input::place at) { return of->paths[at.input()].name + ":" + std::to_string(at.line()); };
  std::string first;
  std::size_t more = 0;
  for (const auto& group : suspects)
    for (auto a = group.begin(); a != group.end(); ++a) {
      const auto b = std::find_if(group.begin(), a, [&](input::place p) { return ids[p] == ids[*a]; });
      if (b == a)
        continue;
      if (first.empty())
        first = "the id \"" + ids[*a] + "\" comes twice: " + name(*b) + " and " + name(*a);
      else
        ++more;
    }
  if (!first.empty())
    throw error(errc::invalid_argument, first + (more == 0 ? "" : ", and " + std::to_string(more) + " more do"));
}

} // namespace

asio::awaitable<batch_input_check> check_batch_input(batch_input o, std::function<bool(const batch_item&)> counts) {
  auto opened = std::make_shared<input::opened_input>(std::move(o));
  opened->maker.only_find_files();
  batch_input_check c;
  for (const auto& p : opened->paths)
    if (!input::can_read_again(p))
      c.unread.push_back(p.name);
  input::id_ledger ids;
  input::input_source source(opened, true);
  for (;;) {
    auto item = co_await source.next();
    if (!item)
      break;
    if (item->rejection() || !counts || counts(*item))
      count(c, *item);
    ids.add(item->id(), input::place(source.input_number(), source.line()));
  }
  auto suspects = ids.suspects(most_suspects);
  if (!suspects.empty())
    co_await refuse_twins(opened, std::move(suspects));
  co_return c;
}

} // namespace weir::inline v0
