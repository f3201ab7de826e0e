# Turns the C++ snippets of Markdown pages into one translation unit: a snippet that starts with
# #include stands alone, any other becomes the body of a coroutine.
BEGIN {
  print "#include <weir/weir.hpp>"
  print "#include <boost/asio/co_spawn.hpp>"
  print "#include <boost/asio/detached.hpp>"
  print "#include <boost/asio/io_context.hpp>"
  print "#include <iostream>"
  print "namespace asio = boost::asio;"
  print "asio::awaitable<void> ask(weir::client& client, std::string question);"
}
/^```cpp$/ { inside = 1; lines = 0; next }
/^```$/ && inside {
  inside = 0
  ++snippets
  alone = body[1] ~ /^#include/
  if (alone) printf "namespace snippet_%d {\n", snippets
  else printf "asio::awaitable<void> snippet_%d(weir::client& client, std::vector<std::string> questions) {\n(void)client, (void)questions;\n", snippets
  for (i = 1; i <= lines; ++i) if (body[i] !~ /^#include/) print body[i]
  print alone ? "}" : "co_return;\n}"
  next
}
inside { sub(/^int main\(\)/, "void run_main()"); body[++lines] = $0 }
END { if (snippets < 5) exit 1 }
