// A result's file, which appears when it is whole.
#pragma once

#include <optional>
#include <string>

#include "client/files/place.hpp"
#include "client/files/sink.hpp"

namespace weir::inline v0 {

/// Collects the bytes in a temporary file in the destination's folder, one without a name where the system supports it.
/// The first result (index 0) replaces what is there, further ones replace nothing.
class file_sink final : public sink {
public:
  file_sink(std::string path, std::size_t index);
  ~file_sink() override;
  file_sink(const file_sink&) = delete;
  file_sink& operator=(const file_sink&) = delete;

  void write(std::string_view piece) override;
  boost::asio::awaitable<void> commit(media& into) override;

private:
  bool open_unnamed(const std::string& folder, mode_t mode);
  void open_named(const std::string& base, mode_t mode);
  void name_it();
  void replace();
  void copy_over();
  void add();
  bool add_as(const std::string& path);

  std::string path_;
  std::size_t index_;
  std::optional<place> where_; // of the first result
  descriptor file_;
  std::string partial_; // its name, if it has one
  std::string head_;
};

} // namespace weir::inline v0
