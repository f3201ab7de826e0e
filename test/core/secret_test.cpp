// Keys: what is accepted, and what is ever shown of them.
#include <weir/core/secret.hpp>

#include <ostream>
#include <string>
#include <type_traits>
#include <vector>

#include <weir/core/error.hpp>

namespace {

template <class T>
concept printable = requires(std::ostream& out, const T& v) { out << v; };

} // namespace

static_assert(!printable<weir::secret>);
static_assert(!std::is_convertible_v<weir::secret, std::string>);
static_assert(!std::is_convertible_v<std::string, weir::secret>);

TEST_CASE("a key is trimmed and an empty one is unset") {
  CHECK(weir::secret("  hf_abcdef\r\n").reveal() == "hf_abcdef");
  CHECK_FALSE(weir::secret(""));
  CHECK_FALSE(weir::secret(" \r\n\t"));
  CHECK_FALSE(weir::secret());
}

TEST_CASE("a malformed key is refused with a message that never quotes it") {
  const std::string canary = "hf_S3cretCanaryKey";
  std::vector<std::string> bad{canary + "\r\nX-Evil: 1", canary + '\0' + "x",       canary + " " + canary,
                               canary + "\x7f" + "a",    canary + "\xc3\xa4" + "a", std::string(64 << 10, 'k')};
  for (char c = 1; c < 32; ++c)
    bad.push_back(canary + c + canary);
  for (const auto& key : bad) {
    std::string words;
    try {
      weir::secret refused(key);
    } catch (const weir::error& e) {
      CHECK(e.code() == weir::errc::malformed_key);
      words = e.what();
    }
    REQUIRE_FALSE(words.empty());
    for (std::size_t i = 0; i + 6 <= canary.size(); ++i)
      CHECK(words.find(canary.substr(i, 6)) == std::string::npos);
  }
}

TEST_CASE("only a prefix without entropy is shown") {
  CHECK(weir::secret("hf_abcdefgh").redacted() == "hf_***");
  CHECK(weir::secret("sk-proj-abcdefgh").redacted() == "sk-***");
  CHECK(weir::secret("0123456789abcdef").redacted() == "***");
}

TEST_CASE("secrets compare by their bytes, and keep to their origin") {
  const weir::secret a("one"), b("one"), c("two");
  CHECK(a == b);
  CHECK_FALSE(a == c);
  CHECK_FALSE(a == weir::secret());
  CHECK(a.origin().empty());
  CHECK(a.bound_to("https://one.test").origin() == "https://one.test");
}
