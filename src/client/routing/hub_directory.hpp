// What the Hub knows: who serves a model, and which model it recommends for a task.
#pragma once

#include <boost/asio/awaitable.hpp>

#include <memory>
#include <string>
#include <utility>

#include <weir/core/secret.hpp>
#include <weir/core/time.hpp>

#include "client/transport/transport.hpp"
#include "core/bounded_cache.hpp"

namespace weir::inline v0 {

/// The Hub's URL: HF_ENDPOINT's, or its own.
std::string hub_url();

/// The Hub's answers, each kept for ten minutes.
/// Object lifetimes: must outlive ask(). Thread safety: none; the client's strand.
class hub_directory {
public:
  explicit hub_directory(std::shared_ptr<transport> via) : via_(std::move(via)) {}

  /// The body of the Hub's answer at `path`, as the owner of a key gets it. `key_name` tells owners apart; `model` is
  /// what messages name. Errors: the network's, HTTP's and the Hub's; errc::stalled after 30 s. Cancellation: terminal.
  boost::asio::awaitable<std::string> ask(std::string key_name, secret key, std::string path, std::string model);
  /// For an answer that cannot be read: the next ask() fetches it again.
  void forget(const std::string& key_name, const std::string& path) { known_.erase({key_name, path}); }

private:
  class entry {
  public:
    entry() = default;
    std::string body;
    time_point until{};
  };

  static boost::asio::awaitable<std::string> fetch(std::shared_ptr<transport> via, std::string path, std::string model,
                                                   secret key);

  const std::shared_ptr<transport> via_;
  // By the key's name and the path: the order of a model's vendors is the key's owner's.
  bounded_cache<std::pair<std::string, std::string>, entry> known_{1024};
};

} // namespace weir::inline v0
