// One function over many elements, a limited number at a time.
#pragma once

#include <weir/core/asio.hpp>
#include <weir/detail/abi.hpp>

#include <boost/asio/any_completion_handler.hpp>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <concepts>
#include <cstddef>
#include <exception>
#include <functional>
#include <iterator>
#include <list>
#include <memory>
#include <optional>
#include <ranges>
#include <type_traits>
#include <utility>

#include <weir/core/as_result.hpp>
#include <weir/core/within.hpp>

WEIR_BEGIN_NAMESPACE

class alarm;

/// What became of one element of a map().
template <class T>
struct map_item {
  map_item(std::size_t i, weir::result<T> r) : index(i), result(std::move(r)) {}

  /// The element's place in the input, from 0.
  std::size_t index;
  /// What the call returned, or its failure.
  weir::result<T> result;
};

namespace detail {

template <class T>
struct awaited;
template <class T>
struct awaited<boost::asio::awaitable<T>> {
  using type = T;
};
template <class T>
struct next_element;
template <class T>
struct next_element<boost::asio::awaitable<std::optional<T>>> {
  using type = T;
};

/// What has a next() as a generator has: a weir::generator, a reply, another mapped.
template <class S>
concept element_source = requires(S& s) { typename next_element<decltype(s.next())>::type; };

/// What a mapping does whatever its types are: it starts, limits, waits and ends. Held by its `mapped` and by the tasks
/// that run.
class fan_out : public std::enable_shared_from_this<fan_out> {
public:
  explicit fan_out(std::size_t limit);
  fan_out(const fan_out&) = delete;
  fan_out& operator=(const fan_out&) = delete;
  virtual ~fan_out();

  /// Waits until a result can be taken; false if all were.
  boost::asio::awaitable<bool> ready();
  boost::asio::awaitable<void> stop();
  /// Nobody will take any more results.
  void drop() noexcept;

protected:
  const std::shared_ptr<scope>& in() const noexcept { return scope_; }
  /// Whether one more element may be taken from the input.
  bool has_room() const noexcept;
  /// The input has ended.
  void close() noexcept { open_ = false; }
  /// An exception that no result can hold: the consumer gets it in the end, and no more elements are taken.
  void fail(std::exception_ptr why) noexcept;
  void spawn(boost::asio::awaitable<void> task);
  /// Of an element that is not started any more.
  failure not_started() const;

private:
  class running;
  class reading;

  /// How many elements are between their start and their delivery.
  virtual std::size_t held() const noexcept = 0;
  virtual bool has_result() const noexcept = 0;
  /// Takes elements and starts calls while there is room.
  virtual void refill() noexcept = 0;

  void enter(const boost::asio::any_io_executor& ex);
  boost::asio::awaitable<void> wait(bool for_all);
  boost::asio::awaitable<void> cancel_all();
  void park(boost::asio::any_completion_handler<void()> consumer, bool for_all);
  void ended(const std::exception_ptr& error);
  void abandon() noexcept;
  void wake();
  void conclude();

  std::size_t limit_;
  std::size_t running_ = 0;
  bool open_ = true; // the input may have more
  bool dropped_ = false;
  bool reading_ = false;
  bool for_all_ = false; // what the consumer waits for: a result, or the end of every task
  std::shared_ptr<scope> scope_;
  std::unique_ptr<alarm> deadline_;
  std::optional<boost::asio::any_completion_handler<void()>> consumer_;
  std::exception_ptr error_;
};

/// The elements between their start and their delivery.
template <class T>
class map_window {
public:
  class entry {
  public:
    explicit entry(std::size_t i) noexcept : index(i) {}
    std::size_t index;
    std::optional<weir::result<T>> outcome;
  };
  using place = typename std::list<entry>::iterator;

  explicit map_window(bool in_order) noexcept : in_order_(in_order) {}

  place open(std::size_t index) { return started_.emplace(started_.end(), index); }
  void finish(place at, weir::result<T> r) {
    at->outcome.emplace(std::move(r));
    if (!in_order_)
      finished_.splice(finished_.end(), started_, at);
  }
  void erase(place at) noexcept { started_.erase(at); }

  std::size_t size() const noexcept { return started_.size() + finished_.size(); }
  bool has_result() const noexcept {
    return in_order_ ? !started_.empty() && started_.front().outcome.has_value() : !finished_.empty();
  }
  map_item<T> take() {
    auto& from = in_order_ ? started_ : finished_;
    map_item<T> item(from.front().index, std::move(*from.front().outcome));
    from.pop_front();
    return item;
  }

private:
  bool in_order_;
  std::list<entry> started_;  // in the input's order; in_order_: those that have finished too
  std::list<entry> finished_; // in order of completion
};

/// A range that a mapping owns.
template <class R>
class range_input {
public:
  using element = std::ranges::range_value_t<R>;
  static constexpr bool waits = false;

  explicit range_input(R r) : range_(std::move(r)) {}

  std::optional<element> take() {
    if (!at_)
      at_.emplace(std::ranges::begin(range_));
    else
      ++*at_;
    if (*at_ == std::ranges::end(range_))
      return std::nullopt;
    // What is seen through a view may be somebody else's.
    if constexpr (std::ranges::view<R>)
      return std::optional<element>(std::in_place, **at_);
    else
      return std::optional<element>(std::in_place, std::ranges::iter_move(*at_));
  }

private:
  R range_;
  std::optional<std::ranges::iterator_t<R>> at_; // at the element that was taken last
};

template <class S>
class source_input {
public:
  using element = typename next_element<decltype(std::declval<S&>().next())>::type;
  static constexpr bool waits = true;

  explicit source_input(S s) : source_(std::move(s)) {}
  boost::asio::awaitable<std::optional<element>> take() { return source_.next(); }

private:
  S source_;
};

template <class Input>
struct input_of {
  using type = range_input<Input>;
};
template <element_source Input>
struct input_of<Input> {
  using type = source_input<Input>;
};

/// A mapping whose results are T.
template <class T>
class mapping : public fan_out {
public:
  using fan_out::fan_out;
  /// One element makes room for another, which is started first.
  virtual map_item<T> take() = 0;
};

template <class T, class Input, class F>
class mapping_of final : public mapping<T> {
public:
  using element = typename Input::element;
  using place = typename map_window<T>::place;

  mapping_of(Input input, std::size_t limit, bool in_order, F f)
      : mapping<T>(limit), input_(std::move(input)), function_(std::move(f)), window_(in_order) {}

  map_item<T> take() override {
    auto item = window_.take();
    refill();
    return item;
  }

private:
  std::shared_ptr<mapping_of> self() { return std::static_pointer_cast<mapping_of>(this->shared_from_this()); }

  std::size_t held() const noexcept override { return window_.size(); }
  bool has_result() const noexcept override { return window_.has_result(); }

  void refill() noexcept override {
    if (std::exchange(filling_, true))
      return;
    try {
      if constexpr (Input::waits) {
        if (this->has_room()) {
          this->spawn(feed(self()));
          return;
        }
      } else {
        fill();
      }
    } catch (...) {
      this->fail(std::current_exception());
    }
    filling_ = false;
  }

  void fill() {
    while (this->has_room()) {
      auto next = input_.take();
      if (!next)
        return this->close();
      start(std::move(*next));
    }
  }

  static boost::asio::awaitable<void> feed(std::shared_ptr<mapping_of> m) {
    std::exception_ptr why;
    try {
      while (m->has_room()) {
        auto taking = run_in<std::optional<element>>(m->in()->child(), m->input_.take(), false, false);
        auto next = co_await std::move(taking);
        if (next)
          m->start(std::move(*next));
        else
          m->close();
      }
    } catch (...) {
      why = std::current_exception();
    }
    m->filling_ = false;
    // What a cancelled input throws says nothing about it.
    if (why && !m->in()->cancelled())
      m->fail(why);
  }

  void start(element e) {
    const auto at = window_.open(taken_++);
    if (this->in()->cancelled()) {
      window_.finish(at, weir::result<T>(boost::system::in_place_error, this->not_started()));
      return;
    }
    try {
      this->spawn(run(self(), std::move(e), at));
    } catch (...) {
      window_.erase(at);
      throw;
    }
  }

  static boost::asio::awaitable<void> run(std::shared_ptr<mapping_of> m, element e, place at) {
    std::exception_ptr why;
    try {
      auto running = run_in<T>(m->in()->child(), call(m, std::move(e)), false, false);
      auto outcome = co_await as_result(std::move(running));
      m->window_.finish(at, std::move(outcome));
    } catch (...) {
      why = std::current_exception();
    }
    if (!why)
      co_return;
    m->window_.erase(at);
    m->fail(why);
  }

  // The function may be a lambda whose coroutines refer to it.
  static boost::asio::awaitable<T> call(std::shared_ptr<mapping_of> m, element e) {
    auto running = std::invoke(m->function_, std::move(e));
    co_return co_await std::move(running);
  }

  Input input_;
  F function_;
  map_window<T> window_;
  std::size_t taken_ = 0;
  bool filling_ = false;
};

template <class T>
boost::asio::awaitable<std::optional<map_item<T>>> next_of(std::shared_ptr<mapping<T>> m) {
  const bool more = co_await m->ready();
  if (!more)
    co_return std::nullopt;
  co_return m->take();
}

inline boost::asio::awaitable<void> stop_of(std::shared_ptr<fan_out> m) { co_await m->stop(); }

template <class Input>
using element_of = typename input_of<std::remove_cvref_t<Input>>::type::element;
template <class Input, class F>
using mapped_type = typename awaited<std::invoke_result_t<std::decay_t<F>&, element_of<Input>>>::type;

template <class Input, class F>
auto map_over(Input&& input, std::size_t limit, bool in_order, F&& f) {
  using result_type = mapped_type<Input, F>;
  using owned = typename input_of<std::remove_cvref_t<Input>>::type;
  using made = mapping_of<result_type, owned, std::decay_t<F>>;
  return std::make_shared<made>(owned(std::forward<Input>(input)), limit, in_order, std::forward<F>(f));
}

} // namespace detail

/// The results of a map(), as they become available.
///
/// Object lifetimes: may be dropped at any time, also while calls run, and may outlive the execution context. Dropping
/// it cancels the calls and does not wait for them: they end on their own soon after, and until then keep the function
/// and the input alive, but not what these refer to. stop() waits for them.
/// Thread safety: none; one strand, that of the first next(), as every next() checks.
template <class T>
class [[nodiscard]] mapped {
public:
  explicit mapped(std::shared_ptr<detail::mapping<T>> m) noexcept : mapping_(std::move(m)) {}
  mapped(mapped&&) noexcept = default;
  mapped& operator=(mapped&& other) noexcept {
    if (this != &other) {
      drop();
      mapping_ = std::move(other.mapping_);
    }
    return *this;
  }
  ~mapped() { drop(); }

  /// The next result; empty after the last one. The first next() starts the calls, in a child of the scope that it is
  /// awaited in, whose deadline holds for all of them. One coroutine at a time may await it: a second one is refused
  /// with errc::invalid_argument, and the first continues.
  /// Errors, once, after every result was given: what the input threw, or the function, if it was no failure; or
  /// errc::deadline_exceeded or errc::cancelled if that scope ended before the input did. Afterwards empty.
  /// errc::wrong_executor on another strand, or on an executor with several threads.
  /// Cancellation: terminal; cancels the calls, waits for them, and throws errc::cancelled. No more elements are taken,
  /// and further calls of next() give what is left: the results, and of calls that were cancelled the failures.
  boost::asio::awaitable<std::optional<map_item<T>>> next() { return detail::next_of<T>(mapping_); }

  /// Ends it early: cancels the calls and waits until the last one has ended. What is left can still be read, as after
  /// a cancelled next().
  /// Errors: errc::invalid_argument while next() is awaited, errc::wrong_executor as next().
  /// Cancellation: none, the calls are being cancelled already.
  boost::asio::awaitable<void> stop() { return detail::stop_of(mapping_); }

private:
  void drop() noexcept {
    if (mapping_)
      mapping_->drop();
  }

  std::shared_ptr<detail::mapping<T>> mapping_;
};

/// Calls `f` with every element of `input`, at most `limit` at a time, and gives the results in order of completion.
///
///     auto answers = weir::map(std::move(prompts), 8, [&client](std::string prompt) {
///       return client.chat(weir::chat("openai/gpt-oss-120b").user(prompt));
///     });
///     while (auto answer = co_await answers.next())
///       if (answer->result)
///         std::cout << answer->index << ": " << answer->result->text() << '\n';
///
/// `f` gets the element as an rvalue and returns an `asio::awaitable<T>`, T may be void. A call that fails becomes an
/// item with its failure, and the others go on; an exception that is no failure (as_result()) ends the mapping.
///
/// `input` is a range or what has a next() like a weir::generator: a reply, another mapping. Ranges are owned: an
/// rvalue is moved, an lvalue copied, and the elements are moved out of it. A view, such as std::views::all(range),
/// refers to elements that are copied, and must outlive the last call. Elements are taken one by one when there is
/// room, so an endless input costs only what is in flight.
///
/// An element counts towards `limit` from its start until next() has given its result, so that a slow consumer holds
/// back new calls. Nothing starts before the first next().
/// \throws weir::error errc::invalid_argument for a limit of 0.
template <class Input, class F>
mapped<detail::mapped_type<Input, F>> map(Input&& input, std::size_t limit, F&& f) {
  return mapped<detail::mapped_type<Input, F>>(
      detail::map_over(std::forward<Input>(input), limit, false, std::forward<F>(f)));
}

/// The same with the results in the order of the input. Results that wait for an earlier one count towards `limit`
/// too: while the first call runs, the `limit - 1` elements behind it are started, and no others.
/// \throws weir::error errc::invalid_argument for a limit of 0.
template <class Input, class F>
mapped<detail::mapped_type<Input, F>> map_in_order(Input&& input, std::size_t limit, F&& f) {
  return mapped<detail::mapped_type<Input, F>>(
      detail::map_over(std::forward<Input>(input), limit, true, std::forward<F>(f)));
}

WEIR_END_NAMESPACE
