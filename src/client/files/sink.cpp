#include "client/files/sink.hpp"

#include "client/files/channel.hpp"
#include "client/files/file_sink.hpp"
#include "client/files/place.hpp"

namespace weir::inline v0 {

namespace asio = boost::asio;

namespace {

class memory_sink final : public sink {
public:
  void write(std::string_view piece) override { bytes_ += piece; }
  asio::awaitable<void> commit(media& into) override {
    into.bytes = std::move(bytes_);
    co_return;
  }

private:
  std::string bytes_;
};

// Keeps everything until it is whole: what a channel has been given cannot be taken back.
class channel_sink final : public sink {
public:
  explicit channel_sink(std::shared_ptr<channel> to) : to_(std::move(to)) {}
  void write(std::string_view piece) override { bytes_ += piece; }
  asio::awaitable<void> commit(media& into) override {
    co_await to_->send(bytes_);
    if (into.content_type.empty())
      into.content_type = content_type_of(bytes_);
    into.bytes.clear();
    into.path = to_->path();
  }

private:
  std::shared_ptr<channel> to_;
  std::string bytes_;
};

} // namespace

destination::destination(std::string path) : path_(std::move(path)) {
  if (path_.empty())
    return;
  place where(path_);
  if (where.is_channel())
    channel_ = std::make_shared<channel>(path_, std::move(where));
  else
    begin(0); // that the folder can be written to shows when it is
}

std::unique_ptr<sink> destination::begin(std::size_t index) const {
  if (channel_)
    return std::make_unique<channel_sink>(channel_);
  if (path_.empty())
    return std::make_unique<memory_sink>();
  return std::make_unique<file_sink>(path_, index);
}

std::string numbered_path(const std::string& path, std::size_t index) {
  if (index == 0)
    return path;
  const auto slash = path.rfind('/');
  const auto dot = path.rfind('.');
  const bool extends = dot != std::string::npos && (slash == std::string::npos || dot > slash + 1) && dot > 0;
  const auto stem = extends ? path.substr(0, dot) : path;
  return stem + '-' + std::to_string(index + 1) + (extends ? path.substr(dot) : std::string());
}

} // namespace weir::inline v0
