#include "tool/bench/shaped_prompts.hpp"

#include <utility>
#include <variant>
#include <vector>

#include "tool/chat/chat_settings.hpp"

namespace weir::inline v0::cli {

namespace {

using request_type = batch_item::request_type;

class shaped final : public bench_prompts {
public:
  shaped(std::unique_ptr<bench_prompts> from, chat with) : from_(std::move(from)), with_(std::move(with)) {}

  std::optional<bench_prompt> next() override {
    auto given = from_->next();
    if (!given)
      return given;
    bench_prompt made(filled(given->request()));
    if (given->at())
      made.at(*given->at());
    std::vector<bench_turn> turns;
    for (const auto& t : given->turns())
      turns.push_back(t.request() ? bench_turn(filled(*t.request())).delay(t.delay()).output_tokens(t.output_tokens())
                                  : t);
    return std::move(made)
        .input_tokens(given->input_tokens())
        .output_tokens(given->output_tokens())
        .turns(std::move(turns));
  }

  std::string text() const override { return from_->text(); }

private:
  request_type filled(request_type request) const {
    if (auto* ask = std::get_if<chat>(&request))
      fill(*ask, with_);
    return request;
  }

  std::unique_ptr<bench_prompts> from_;
  chat with_;
};

} // namespace

std::unique_ptr<bench_prompts> shaped_prompts(std::unique_ptr<bench_prompts> from, chat with) {
  return std::make_unique<shaped>(std::move(from), std::move(with));
}

} // namespace weir::inline v0::cli
