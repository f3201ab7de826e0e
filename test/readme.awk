# Writes the C++ snippets of Markdown pages as translation units into the folder `to`. One that begins with #include is
# a unit exactly as it is printed: program.cpp is the first that has a main(), snippet_N.cpp are the others. Any other
# becomes the body of a coroutine in fragments.cpp, which has a client, and the ask() of the README's first program.
BEGIN {
  fragments = to "/fragments.cpp"
  print "#include <weir/weir.hpp>" > fragments
  print "#include <iostream>" > fragments
  print "boost::asio::awaitable<void> ask(weir::client& client, std::string question);" > fragments
}
/^```cpp$/ { inside = 1; lines = 0; has_main = 0; next }
/^```$/ && inside {
  inside = 0
  ++snippets
  if (body[1] ~ /^#include/) {
    unit = has_main && !programs++ ? to "/program.cpp" : to "/snippet_" snippets ".cpp"
    for (i = 1; i <= lines; ++i) print body[i] > unit
    close(unit)
    next
  }
  if (has_main) {
    print FILENAME ": a program without its includes, before line " FNR > "/dev/stderr"
    failed = 1
    exit
  }
  printf "boost::asio::awaitable<void> snippet_%d(weir::client& client) {\n", snippets > fragments
  print "(void)client;" > fragments
  for (i = 1; i <= lines; ++i) print body[i] > fragments
  print "co_return;\n}" > fragments
  next
}
inside { if (/^int main\(/) has_main = 1; body[++lines] = $0 }
END { if (failed || !programs || snippets < 10) exit 1 }
