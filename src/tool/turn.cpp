#include "tool/turn.hpp"

#include "tool/exit_code.hpp"
#include "tool/output/output.hpp"

namespace weir::inline v0::cli {

namespace asio = boost::asio;

namespace {

// The answer is on the screen and paid for, so that it could not be saved is said and no more.
int save(const conversation& talk, conversation_file& file, int code) {
  try {
    file.save(talk);
  } catch (const error& e) {
    const int failed = report(e.failure());
    return code == exit_code::complete ? failed : code;
  }
  return code;
}

// What a tool call of the answer wants next.
void ask_for_result(const turn& kind, const conversation& talk, const conversation_file& file) {
  const auto open = talk.open_calls();
  if (open.empty() || kind.quiet)
    return;
  const auto& id = open.front().id;
  if (kind.typed)
    say(stderr, "to give a result: /result {} TEXT, or @FILE\n", id);
  else if (file)
    say(stderr, "to give a result: weir chat{} --continue={} --tool-result {}=FILE\n", kind.target_words,
        for_shell(file.path()), for_shell(id));
}

} // namespace

asio::awaitable<int> take_turn(client& c, const last_call& last, turn kind, chat request, conversation& talk,
                               conversation_file& file) {
  auto showing = kind.streamed ? show_answer(c.stream(std::move(request)), last, std::move(kind.out))
                               : show_answer(c.chat(std::move(request)), last, std::move(kind.out));
  auto result = co_await std::move(showing);
  if (talk.add_answer(result.answer)) {
    result.code = save(talk, file, result.code);
    ask_for_result(kind, talk, file);
  }
  if (result.unwritable)
    std::rethrow_exception(result.unwritable);
  co_return result.code;
}

} // namespace weir::inline v0::cli
