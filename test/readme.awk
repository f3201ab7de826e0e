# Turns the C++ snippets of Markdown pages into one translation unit: a snippet that starts with
# #include stands alone, any other becomes the body of a coroutine. Whole programs are left out:
# -v program=1 prints the first one as it stands, and nothing else.
BEGIN {
  if (!program) {
    print "#include <weir/weir.hpp>"
    print "#include <boost/asio/co_spawn.hpp>"
    print "#include <boost/asio/detached.hpp>"
    print "#include <boost/asio/io_context.hpp>"
    print "#include <boost/asio/use_future.hpp>"
    print "#include <iostream>"
    print "namespace asio = boost::asio;"
    print "asio::awaitable<void> ask(weir::client& client, std::string question);"
  }
}
/^```cpp$/ { inside = 1; whole = 0; lines = 0; next }
/^```$/ && inside {
  inside = 0
  if (whole && program) {
    for (i = 1; i <= lines; ++i) print body[i]
    found = 1
    exit
  }
  if (whole || program) next
  ++snippets
  alone = body[1] ~ /^#include/
  if (alone) printf "namespace snippet_%d {\n", snippets
  else printf "asio::awaitable<void> snippet_%d(weir::client& client, std::vector<std::string> questions) {\n(void)client, (void)questions;\n", snippets
  for (i = 1; i <= lines; ++i) if (body[i] !~ /^#include/) print body[i]
  print alone ? "}" : "co_return;\n}"
  next
}
inside { if (/^int main\(/) whole = 1; body[++lines] = $0 }
END { if (program ? !found : snippets < 5) exit 1 }
