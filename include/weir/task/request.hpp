// A request for any task but chat and text generation.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include <weir/detail/abi.hpp>
#include <weir/task/call_options.hpp>
#include <weir/task/kind.hpp>
#include <weir/task/media.hpp>

WEIR_BEGIN_NAMESPACE

/// JSON in text form.
struct json_text {
  explicit json_text(std::string text) : text(std::move(text)) {}
  std::string text;
};

/// The value of a parameter.
struct parameter_value {
  using variant =
      std::variant<bool, std::int64_t, std::uint64_t, double, std::string, std::vector<std::string>, json_text>;
  parameter_value() = default;
  parameter_value(bool v) : value(v) {}
  parameter_value(std::int64_t v) : value(v) {}
  parameter_value(std::uint64_t v) : value(v) {}
  parameter_value(double v) : value(v) {}
  parameter_value(std::string v) : value(std::move(v)) {}
  parameter_value(std::vector<std::string> v) : value(std::move(v)) {}
  parameter_value(json_text v) : value(std::move(v)) {}
  parameter_value(int v) : value(std::int64_t{v}) {}
  parameter_value(const char* v) : value(std::string(v)) {} // else it would be a bool
  variant value;
};

/// Names with values, in order.
using parameter_list = std::vector<std::pair<std::string, parameter_value>>;

/// A task with its inputs and parameters, without their types: what providers' encoders read. Programs
/// use the tasks' own classes (`weir::summarization`, …), which derive from it and add nothing but names.
class task_request {
public:
  explicit task_request(task_kind what, std::string model = {}) : what_(what), model_(std::move(model)) {}

  task_kind what() const noexcept { return what_; }
  const std::string& model() const noexcept { return model_; }
  /// The texts; several only if the caller gave several, which makes a batch.
  const std::vector<std::string>& texts() const noexcept { return texts_; }
  /// The images, or the audio.
  const std::vector<weir::media>& inputs() const noexcept { return media_; }
  /// The members of a structured input: `question` and `context`, `source_sentence` and `sentences`, `query`.
  const parameter_list& fields() const noexcept { return fields_; }
  /// Columns by name, each with its cells.
  const std::vector<std::pair<std::string, std::vector<std::string>>>& table() const noexcept { return table_; }
  const parameter_list& parameters() const noexcept { return parameters_; }
  /// Members of the body's root, JSON in text form.
  const std::vector<std::pair<std::string, std::string>>& extra_body() const noexcept { return extra_body_; }

  /// nullptr if it was not set.
  const parameter_value* parameter(std::string_view name) const noexcept;
  const parameter_value* field(std::string_view name) const noexcept;

  const std::string& saved_to() const noexcept { return save_to_; }
  std::uint64_t most_bytes() const noexcept { return max_bytes_; }
  bool keeps_urls() const noexcept { return keep_urls_; }
  bool keeps_raw() const noexcept { return keep_raw_; }
  const call_options& options() const noexcept { return options_; }

  void set_model(std::string v) { model_ = std::move(v); }
  void add_text(std::string v) { texts_.push_back(std::move(v)); }
  void add_input(weir::media v) { media_.push_back(std::move(v)); }
  void replace_input(std::size_t index, weir::media v) { media_.at(index) = std::move(v); }
  void set_field(std::string name, parameter_value v);
  void append_field(std::string name, std::string v);
  void add_cell(const std::string& column, std::string value);
  void set_parameter(std::string name, parameter_value v);
  void set_target_size(std::uint32_t width, std::uint32_t height);
  /// Makes a list of the parameter's value, and appends to it.
  void append_parameter(std::string name, std::string v);
  void add_extra_body(std::string key, std::string json) { extra_body_.emplace_back(std::move(key), std::move(json)); }
  void set_save_to(std::string path) { save_to_ = std::move(path); }
  void set_max_bytes(std::uint64_t n) noexcept { max_bytes_ = n; }
  void set_keep_urls(bool on) noexcept { keep_urls_ = on; }
  void set_keep_raw(bool on) noexcept { keep_raw_ = on; }
  void set_options(call_options v) { options_ = std::move(v); }

  /// \throws weir::error errc::invalid_argument naming the required input that is missing.
  void check() const;

private:
  task_kind what_;
  bool keep_urls_ = false;
  bool keep_raw_ = false;
  std::uint64_t max_bytes_ = std::uint64_t{1} << 30;
  std::string model_;
  std::vector<std::string> texts_;
  std::vector<weir::media> media_;
  parameter_list fields_;
  std::vector<std::pair<std::string, std::vector<std::string>>> table_;
  parameter_list parameters_;
  std::vector<std::pair<std::string, std::string>> extra_body_;
  std::string save_to_;
  call_options options_;
};

/// What all task classes have in common. `Self` is the task class.
template <class Self>
class task_of : public task_request {
public:
  /// Another parameter, of the provider's or the model's own: sent as it is, where parameters go.
  Self&& other(std::string name, parameter_value v) && {
    set_parameter(std::move(name), std::move(v));
    return std::move(self());
  }
  Self& other(std::string name, parameter_value v) & {
    set_parameter(std::move(name), std::move(v));
    return self();
  }
  /// Another member of the request's root: a JSON value in text form.
  Self&& extra_body(std::string key, std::string json) && {
    add_extra_body(std::move(key), std::move(json));
    return std::move(self());
  }
  Self& extra_body(std::string key, std::string json) & {
    add_extra_body(std::move(key), std::move(json));
    return self();
  }
  using task_request::extra_body;
  /// Keeps the JSON of the provider's (last) response in attempt::raw; for a job, see job::details().
  Self&& keep_raw(bool on = true) && {
    set_keep_raw(on);
    return std::move(self());
  }
  Self& keep_raw(bool on = true) & {
    set_keep_raw(on);
    return self();
  }

  /// See chat::options().
  Self&& options(call_options v) && {
    set_options(std::move(v));
    return std::move(self());
  }
  Self& options(call_options v) & {
    set_options(std::move(v));
    return self();
  }
  using task_request::options;

protected:
  explicit task_of(task_kind what, std::string model) : task_request(what, std::move(model)) {}
  Self& self() noexcept { return static_cast<Self&>(*this); }
};

/// What tasks whose result is an image, a video or audio have in common.
template <class Self>
class media_task_of : public task_of<Self> {
public:
  /// Saves the result to this file, or through this link, FIFO or device, instead of keeping it in memory: once it is
  /// complete, it replaces what was there. Further results go to `NAME-2.EXT` and so on, at the next free numbers. `-`
  /// is stdout.
  Self&& save_to(std::string path) && {
    this->set_save_to(std::move(path));
    return std::move(this->self());
  }
  Self& save_to(std::string path) & {
    this->set_save_to(std::move(path));
    return this->self();
  }
  /// The largest result to take, in bytes (default: 1 GiB).
  Self&& max_bytes(std::uint64_t n) && {
    this->set_max_bytes(n);
    return std::move(this->self());
  }
  Self& max_bytes(std::uint64_t n) & {
    this->set_max_bytes(n);
    return this->self();
  }
  /// Leaves a result where it is if the provider gives its URL. Such URLs expire after some hours.
  Self&& keep_urls(bool on = true) && {
    this->set_keep_urls(on);
    return std::move(this->self());
  }
  Self& keep_urls(bool on = true) & {
    this->set_keep_urls(on);
    return this->self();
  }

protected:
  using task_of<Self>::task_of;
};

WEIR_END_NAMESPACE
