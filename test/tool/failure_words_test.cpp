// The library's messages in the words of the command.
#include "tool/output/failure_words.hpp"

#include <doctest/doctest.h>

using namespace weir;
using cli::in_options;

TEST_CASE("a setting is named by its option") {
  CHECK(in_options("the first token did not arrive within first_token_timeout") ==
        "the first token did not arrive within --first-token-timeout");
  CHECK(in_options("no token arrived within inter_token_timeout") == "no token arrived within --token-timeout");
  CHECK(in_options("no model is named: name one in the request or the options") ==
        "no model is named: name one with --model");
  CHECK(in_options("extra_body may not set \"model\"") == "--param may not set \"model\"");
  CHECK(in_options("key_header: \"Host\" is set by weir itself") == "--key-header: \"Host\" is set by weir itself");
  CHECK(in_options("query: a key may not be in a URL, where it is logged: use key_header") ==
        "--query: a key may not be in a URL, where it is logged: use --key-header");
  CHECK(in_options("key_header, key_scheme and query are for the server that base_url names, and none is named") ==
        "--key-header, --key-scheme and --query are for the server that --base-url names, and none is named");
  CHECK(in_options("fallback.targets[1].provider: there is no provider \"x\"") ==
        "--fallback: there is no provider \"x\"");
  CHECK(in_options("give its CA with options::ca_file (--cacert) or SSL_CERT_FILE") ==
        "give its CA with --cacert or SSL_CERT_FILE");
  CHECK(in_options("Anthropic cannot express seed: leave it out") == "Anthropic cannot express --seed: leave it out");
  CHECK(in_options("give the URL to options::model() or options::base_url(), or allow it with "
                   "options::model_urls(true)") == "give the URL with --base-url");
  CHECK(
      in_options("a.png is an image, audio or a document, which takes a task such as automatic-speech-recognition, or "
                 "a prompt for a chat about it") ==
      "a.png is an image, audio or a document, which takes a --task such as automatic-speech-recognition, or a "
      "--template for a chat about it");
}

TEST_CASE("a field of a file, a name in quotes, and words that only look like a setting stay as they are") {
  for (const char* text :
       {"weir.json: first_token_timeout: must be a duration such as \"250ms\"",
        "weir.json: key_header: \"Host\" is set", "weir.json: vendors.acme.base_url: malformed URL",
        "the parameter 'response_format' is unknown", "my-base_url.test and base_urls",
        "the seed of doubt, a query, a deadline and a stop", "the deadline was reached: ask for less", ""})
    CHECK(in_options(text) == text);
}

TEST_CASE("what the server says is not changed") {
  failure f(errc::bad_request, "refused: see base_url");
  f.remote("unknown field base_url");
  CHECK(cli::describe(f) == "refused: see --base-url (the server says: \"unknown field base_url\")");
  CHECK(cli::describe(failure(errc::missing_key, "")) == failure(errc::missing_key, "").describe());
}
