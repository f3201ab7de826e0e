#include "sim/batches/file_store.hpp"

#include <algorithm>

namespace weir::inline v0::sim {

namespace {

constexpr std::size_t most_files = 10'000;
/// Up to this size a response has a content-length.
constexpr std::size_t whole_bytes = 256u << 10;
constexpr std::size_t piece_bytes = 64u << 10;

class text_source final : public event_source {
public:
  explicit text_source(shared_text text) : text_(std::move(text)) {}

  piece next(std::string& event) override {
    if (at_ == text_->size())
      return piece::end;
    const auto size = std::min(piece_bytes, text_->size() - at_);
    event.assign(*text_, at_, size);
    at_ += size;
    return piece::extra;
  }

private:
  shared_text text_;
  std::size_t at_ = 0;
};

} // namespace

bool file_store::has_room(std::uint64_t bytes) const noexcept {
  return files_.size() < most_files && bytes <= most_bytes_ && held_ <= most_bytes_ - bytes;
}

stored_file& file_store::add(stored_file f, std::string_view prefix) {
  ++made_;
  if (f.id.empty())
    f.id = std::string(prefix) + std::to_string(made_);
  if (!f.content)
    f.content = std::make_shared<const std::string>();
  hold(f.content->size());
  return files_.emplace_back(std::move(f));
}

stored_file* file_store::find(std::string_view id) noexcept {
  const auto it = std::find_if(files_.begin(), files_.end(), [id](const stored_file& f) { return f.id == id; });
  return it == files_.end() ? nullptr : &*it;
}

void file_store::fill(stored_file& f, std::string content) {
  release(f.content->size());
  hold(content.size());
  f.content = std::make_shared<const std::string>(std::move(content));
  f.pending = false;
}

bool file_store::erase(std::string_view id) noexcept {
  const auto it = std::find_if(files_.begin(), files_.end(), [id](const stored_file& f) { return f.id == id; });
  if (it == files_.end())
    return false;
  release(it->content->size());
  files_.erase(it);
  return true;
}

plan content_plan(shared_text content, std::string_view type) {
  plan out;
  out.headers.emplace_back("content-type", type);
  if (content->size() <= whole_bytes) {
    out.body = *content;
    return out;
  }
  out.events = std::make_unique<text_source>(std::move(content));
  out.frame = framing::chunked;
  return out;
}

} // namespace weir::inline v0::sim
