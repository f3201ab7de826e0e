// Conversations: what is sent, and what their files may hold.
#include "tool/chat/conversation.hpp"

#include <sys/stat.h>

#include <weir/core/error.hpp>

#include "codec/json/json.hpp"
#include "provider/chat/read/messages_json.hpp"
#include "tool/chat/conversation_file.hpp"
#include "tool/scratch.hpp"

using namespace weir;

namespace {

std::vector<message> parsed(std::string_view text) {
  return provider::read_messages(codec::parse_argument(text, "it"), "it");
}

std::string round_trip(std::string_view text) { return codec::to_text(provider::to_json(parsed(text))); }

template <class F>
std::string refusal(F f) {
  try {
    f();
  } catch (const error& e) {
    CHECK(e.code() == errc::invalid_argument);
    return e.failure().message();
  }
  return {};
}

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

cli::conversation asking_for_a_tool() {
  cli::conversation talk;
  talk.messages = parsed(R"([{"role":"user","content":"weather?"},
    {"role":"assistant","content":null,"tool_calls":[
      {"id":"c1","type":"function","function":{"name":"gauge","arguments":"{}"}},
      {"id":"c2","type":"function","function":{"name":"level","arguments":"{}"}}]}])");
  return talk;
}

completion answer(const std::string& text) {
  completion c;
  c.choices.front().text = text;
  return c;
}

} // namespace

TEST_CASE("messages are read and written in OpenAI's form, unknown parts and members as they are") {
  for (
      const auto* text :
      {R"([{"role":"system","content":"brief"},{"role":"user","content":"hi","name":"me"}])",
       R"([{"role":"user","content":[{"type":"text","text":"a"},{"type":"image_url","image_url":{"url":"https://x/y","detail":"low"}},{"type":"video_url","video_url":{"url":"https://x/z"}}]}])",
       R"([{"role":"assistant","content":null,"tool_calls":[{"id":"c","type":"function","function":{"name":"f","arguments":"{\"a\":1}"}}]},{"role":"tool","content":"ok","tool_call_id":"c"}])",
       R"([{"role":"assistant","content":"a","refusal":null,"audio":{"id":"x"}}])"}) {
    CAPTURE(text);
    CHECK(round_trip(text) == text);
  }
}

TEST_CASE(
    "files and signed reasoning are read back as what they were, so that any provider gets its own form of them") {
  const std::string text =
      R"([{"role":"user","content":[{"type":"input_audio","input_audio":{"data":"AAAA","format":"mp3"}},)"
      R"({"type":"file","file":{"filename":"d.pdf","file_data":"data:application/pdf;base64,JVBERi0xLjc="}},)"
      R"({"type":"file","file":{"file_id":"f-1"}}]},)"
      R"({"role":"assistant","content":"a","reasoning_blocks":[{"type":"thinking","thinking":"hm","signature":"s"}]}])";
  CHECK(round_trip(text) == text);
  const auto messages = parsed(text);
  CHECK(messages[0].parts()[0].type() == content_part::kind::file);
  CHECK(messages[0].parts()[1].name() == "d.pdf");
  CHECK(messages[0].parts()[2].type() == content_part::kind::raw);
  CHECK(messages[1].reasoning_blocks().size() == 1);
  completion c = answer("yes");
  c.choices.front().reasoning_blocks.push_back(R"({"type":"thinking"})");
  cli::conversation talk;
  CHECK(talk.add_answer(c));
  CHECK(talk.messages.back().reasoning_blocks().size() == 1);
}

TEST_CASE("a message that cannot be read is named by its number") {
  CHECK(has(refusal([] { parsed(R"({"messages":[]})"); }), "it is not a list of messages"));
  CHECK(has(refusal([] { parsed(R"(["x"])"); }), "it: message 1 is not an object"));
  CHECK(has(refusal([] { parsed(R"([{"role":"user","content":"a"},{"content":"b"}])"); }), "message 2 has no role"));
  CHECK(has(refusal([] { parsed(R"([{"role":"user"}])"); }), "message 1 has no content"));
  CHECK(has(refusal([] { parsed(R"([{"role":"user","content":7}])"); }), "neither a text nor a list"));
  CHECK(has(refusal([] { parsed(R"([{"role":"tool","content":"x"}])"); }), "no tool_call_id"));
  CHECK(has(refusal([] { parsed(R"([{"role":"assistant","tool_calls":[{"id":"x"}]}])"); }), "tool call without"));
}

TEST_CASE("a new system message replaces the one at the beginning") {
  cli::conversation talk;
  talk.messages = parsed(R"([{"role":"user","content":"hi"}])");
  talk.set_system("one");
  talk.set_system("two");
  CHECK(codec::to_text(provider::to_json(talk.messages)) ==
        R"([{"role":"system","content":"two"},{"role":"user","content":"hi"}])");
}

TEST_CASE("a conversation goes on once every tool call has its result, and takes results of no others") {
  auto talk = asking_for_a_tool();
  chat ask;
  CHECK(has(refusal([&] { talk.put_into(ask); }), "waiting for the result of c1 (gauge), c2 (level)"));
  talk.messages.push_back(message::user("well?"));
  CHECK(has(refusal([&] { talk.put_into(ask); }), "--tool-result c1=FILE"));
  talk.messages.pop_back();
  CHECK(has(refusal([&] { talk.add_result("c3", "x"); }), "waiting for c1 (gauge), c2 (level)"));
  talk.add_result("c2", "high");
  CHECK(has(refusal([&] { talk.add_result("c2", "high"); }), "waiting for c1 (gauge)"));
  talk.add_result("c1", "wet");
  CHECK(talk.open_calls().empty());
  talk.put_into(ask);
  CHECK(ask.messages().size() == 4);
  CHECK(has(refusal([&] { talk.add_result("c1", "x"); }), "is not waiting"));
}

TEST_CASE("what arrived of an answer joins the conversation, and nothing does not") {
  cli::conversation talk;
  CHECK_FALSE(talk.add_answer(answer("")));
  CHECK(talk.messages.empty());
  CHECK(talk.add_answer(answer("half an ans")));
  CHECK(talk.messages.back().content() == "half an ans");
  auto both = answer("look:");
  both.choices.front().tool_calls.emplace_back("c1", "gauge", "{}");
  CHECK(talk.add_answer(both));
  CHECK(talk.open_calls().size() == 1);
}

TEST_CASE("a conversation that was saved is read as it was, and nobody else can read it") {
  const scratch dir;
  auto talk = asking_for_a_tool();
  talk.model = "a/b";
  cli::conversation_file file(dir.at("talk.json"), false);
  file.save(talk);
  struct stat s{};
  REQUIRE(::stat(file.path().c_str(), &s) == 0);
  CHECK((s.st_mode & 0777) == 0600);
  const auto read = cli::load_conversation(file.path());
  CHECK(read.model == "a/b");
  CHECK(codec::to_text(provider::to_json(read.messages)) == codec::to_text(provider::to_json(talk.messages)));
  CHECK(read.open_calls().size() == 2);
  talk.add_result("c1", "wet");
  file.save(talk);
  CHECK(cli::load_conversation(file.path()).open_calls().size() == 1);
}

TEST_CASE("a file that is cut off, of another version or not a conversation is refused, and stays as it is") {
  const scratch dir;
  cli::conversation_file file(dir.at("talk.json"), false);
  file.save(asking_for_a_tool());
  const auto whole = dir.read("talk.json");
  for (const std::size_t size : {std::size_t{0}, std::size_t{30}, whole.size() / 2, whole.size() - 3}) {
    CAPTURE(size);
    const auto cut = dir.write("cut.json", whole.substr(0, size));
    CHECK(has(refusal([&] { (void)cli::load_conversation(cut); }), "is damaged, or cut off"));
    if (size > 0)
      CHECK(has(refusal([&] { cli::conversation_file(cut, false); }), "is damaged, or cut off"));
    CHECK(dir.read("cut.json") == whole.substr(0, size));
  }
  const auto later = dir.write("v2.json", R"({"type":"weir conversation","version":2,"messages":[]})");
  CHECK(
      has(refusal([&] { (void)cli::load_conversation(later); }), "another version of weir (2, where this one has 1)"));
  for (const auto* other : {"int main() {}\n", R"({"version":1,"messages":[]})", "[]"}) {
    const auto source = dir.write("main.cpp", other);
    CHECK(has(refusal([&] { (void)cli::load_conversation(source); }), "is not a conversation that weir saved"));
    CHECK(has(refusal([&] { cli::conversation_file(source, false); }), "is not a conversation that weir saved"));
    CHECK(dir.read("main.cpp") == other);
  }
}

TEST_CASE("a new conversation does not take the place of another, and a place that cannot be written to is refused") {
  const scratch dir;
  cli::conversation_file(dir.at("talk.json"), false).save(asking_for_a_tool());
  CHECK(has(refusal([&] { cli::conversation_file(dir.at("talk.json"), false); }), "holds another conversation"));
  CHECK(cli::conversation_file(dir.at("talk.json"), true).path() == dir.at("talk.json"));
  CHECK(cli::conversation_file(dir.write("empty", ""), false).path() == dir.at("empty"));
  CHECK(has(refusal([&] { cli::conversation_file(dir.at("no/talk.json"), false); }), "cannot write to"));
  CHECK(has(refusal([&] { cli::conversation_file("/dev/null", false); }), "is not a regular file"));
}

TEST_CASE("a conversation that another process has saved meanwhile is not lost: this one goes on beside it") {
  const scratch dir;
  cli::conversation_file mine(dir.at("talk.json"), false), theirs(dir.at("talk.json"), false);
  auto talk = asking_for_a_tool();
  theirs.save(talk);
  talk.model = "mine";
  mine.save(talk);
  mine.save(talk);
  CHECK(mine.path() == dir.at("talk-2.json"));
  CHECK(cli::load_conversation(dir.at("talk.json")).model.empty());
  CHECK(cli::load_conversation(dir.at("talk-2.json")).model == "mine");
}
