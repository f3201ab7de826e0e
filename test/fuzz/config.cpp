// weir.json: read, or refused in one line that names the file and fits a terminal.
#include <weir/client/config.hpp>

#include <string>

#include "fuzz.hpp"

FUZZ(in) {
  const weir::environment none = [](const char*) -> const char* { return nullptr; };
  try {
    (void)weir::options_from_json(in.text, "weir.json", none, "/nowhere");
  } catch (const weir::error& e) {
    const std::string words = e.what();
    fuzz::hold(e.code() == weir::errc::invalid_configuration, "the only code of a refusal");
    fuzz::hold(words.find("weir.json") != std::string::npos, "the file is named");
    for (const unsigned char c : words)
      fuzz::hold(c >= ' ' && c != 0x7f, "one line without control characters");
  }
}
