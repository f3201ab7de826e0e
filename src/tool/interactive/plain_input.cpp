// Lines as the terminal itself edits them: where weir was built without libedit.
#include "tool/interactive/line_input.hpp"

#include <string_view>

#include "tool/interactive/wait_for_key.hpp"
#include "tool/output/output.hpp"

namespace weir::inline v0::cli {

namespace {

class plain_input final : public line_input {
public:
  outcome read(const std::string& prompt, std::string& line) override {
    put(stdout, prompt);
    for (auto end = rest_.find('\n'); end == rest_.npos; end = rest_.find('\n')) {
      char piece[1024];
      std::size_t size = 0;
      const auto how = read_keys(piece, sizeof piece, size);
      if (how == outcome::interrupted)
        rest_.clear();
      if (how != outcome::line)
        return how;
      rest_.append(piece, size);
    }
    const auto end = rest_.find('\n');
    line = rest_.substr(0, end);
    rest_.erase(0, end + 1);
    return outcome::line;
  }

  void remember(const std::string&) override {}

private:
  std::string rest_;
};

} // namespace

std::unique_ptr<line_input> make_line_input(std::string) { return std::make_unique<plain_input>(); }

} // namespace weir::inline v0::cli
