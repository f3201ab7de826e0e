#include <weir/task/results.hpp>

#include <stdexcept>

namespace weir::inline v0 {

namespace {

const std::string no_text;

} // namespace

const std::string& text_result::none() noexcept { return no_text; }

const std::string& found_answers::text() const noexcept { return all.empty() ? no_text : all.front().text; }

std::span<const float> embeddings::row(std::size_t i) const {
  if (i >= rows())
    throw std::out_of_range("there is no such row of embeddings");
  return {values.data() + i * dimensions(), dimensions()};
}

} // namespace weir::inline v0
