// Inputs of tests: files in a folder of their own, and what is read from them.
#pragma once

#include <doctest/doctest.h>

#include <unistd.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <cstdlib>
#include <exception>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <vector>

#include <weir/batch/input.hpp>
#include <weir/core/error.hpp>

namespace reading {

class folder {
public:
  folder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "weir-input-XXXXXX").string();
    REQUIRE(::mkdtemp(pattern.data()) != nullptr);
    path_ = pattern;
  }
  folder(const folder&) = delete;
  folder& operator=(const folder&) = delete;
  ~folder() {
    std::error_code ec;
    std::filesystem::remove_all(path_, ec);
  }
  std::string at(const std::string& name) const { return (path_ / name).string(); }
  std::string put(const std::string& name, std::string_view bytes) const {
    std::ofstream(at(name), std::ios::binary) << bytes;
    return at(name);
  }

private:
  std::filesystem::path path_;
};

template <class T>
T run(boost::asio::awaitable<T> what) {
  boost::asio::io_context io;
  std::optional<T> result;
  std::exception_ptr why;
  boost::asio::co_spawn(io, std::move(what), [&](std::exception_ptr e, T v) {
    why = e;
    result = std::move(v);
  });
  io.run();
  if (why)
    std::rethrow_exception(why);
  return *std::move(result);
}

inline boost::asio::awaitable<std::vector<weir::batch_item>> all_of(weir::batch_source& source) {
  std::vector<weir::batch_item> all;
  for (;;) {
    auto item = co_await source.next();
    if (!item)
      break;
    all.push_back(*std::move(item));
  }
  co_return all;
}

inline std::vector<weir::batch_item> drain(std::unique_ptr<weir::batch_source> source) { return run(all_of(*source)); }

inline std::vector<weir::batch_item> read(weir::batch_input o) { return drain(weir::open_batch_input(std::move(o))); }

inline std::string text_of(const weir::batch_item& item) {
  const auto* c = std::get_if<weir::chat>(&item.request());
  if (!c || c->messages().empty())
    return {};
  return c->messages().back().content().value_or("");
}

inline std::vector<std::string> texts(const std::vector<weir::batch_item>& items) {
  std::vector<std::string> all;
  for (const auto& i : items)
    all.push_back(i.rejection() ? "!" + i.rejection()->message() : text_of(i));
  return all;
}

inline std::vector<std::string> ids(const std::vector<weir::batch_item>& items) {
  std::vector<std::string> all;
  for (const auto& i : items)
    all.push_back(i.id());
  return all;
}

template <class F>
std::string refusal(F f) {
  try {
    f();
  } catch (const weir::error& e) {
    return e.failure().message();
  }
  return {};
}

inline bool has(const std::string& text, std::string_view part) { return text.find(part) != text.npos; }

} // namespace reading
