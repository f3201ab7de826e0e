#include "tool/arguments/task_arguments.hpp"

#include <fmt/format.h>

#include <functional>
#include <map>

#include "codec/json/json.hpp"
#include "http/message/url.hpp"
#include "provider/tasks/task_json.hpp"
#include "tool/arguments/common.hpp"
#include "tool/arguments/help.hpp"
#include "tool/arguments/parameters.hpp"
#include "tool/arguments/requests.hpp"
#include "tool/arguments/text_input.hpp"

namespace weir::inline v0::cli {

namespace json = codec::json;

namespace {

template <class T>
T typed(const std::string& name, const json::value& v) {
  const auto wrong = [&name](std::string_view wanted) {
    return error(errc::invalid_argument, fmt::format("the parameter {} takes {}", name, wanted));
  };
  if constexpr (std::is_same_v<T, bool>) {
    if (v.is_bool())
      return v.get_bool();
    throw wrong("true or false");
  } else if constexpr (std::is_same_v<T, double>) {
    if (v.is_number())
      return v.to_number<double>();
    throw wrong("a number");
  } else if constexpr (std::is_integral_v<T>) {
    boost::system::error_code ec;
    const auto number = v.to_number<T>(ec);
    if (!ec)
      return number;
    throw wrong("a whole number");
  } else {
    return v.is_string() ? std::string(v.get_string()) : codec::to_text(v);
  }
}

bool takes_object(task_kind k) noexcept {
  switch (k) {
  case task_kind::question_answering:
  case task_kind::sentence_similarity:
  case task_kind::table_question_answering:
  case task_kind::tabular_classification:
  case task_kind::tabular_regression: return true;
  default: return false;
  }
}

// The files and URLs of the input, and the rest of it.
class file_input {
public:
  file_input(task_kind what, const std::vector<std::string>& given) {
    for (const auto& one : given) {
      error_code ec;
      if (one.starts_with('@') || one == "-")
        files.push_back(read_media(one));
      else if (http::is_url(one) || one.starts_with("data:"))
        files.push_back(media::at(one));
      else if (auto v = codec::parse_json(one, ec); !ec && v.is_object())
        rest = std::move(v);
      else if (provider::asks_about_image(what))
        rest = one;
      else
        throw error(errc::invalid_argument,
                    fmt::format("{} takes a file as its input: --input @FILE, - or a URL", name_of(what)));
    }
  }
  std::vector<media> files;
  json::value rest;
};

json::value object_input(task_kind what, const std::vector<std::string>& given) {
  if (given.size() != 1)
    throw error(errc::invalid_argument, fmt::format("{} takes one --input, an object in JSON", name_of(what)));
  return codec::parse_argument(read_text(given.front()), "--input");
}

// One text per --input; a JSON list of texts is a batch.
json::value text_input(const std::vector<std::string>& given) {
  json::array texts;
  for (const auto& one : given) {
    auto text = read_text(one);
    error_code ec;
    auto v = codec::parse_json(text, ec);
    if (!ec && v.is_object() && given.size() == 1)
      return v;
    if (!ec && v.is_array())
      texts.insert(texts.end(), v.get_array().begin(), v.get_array().end());
    else if (!ec && v.is_string())
      texts.push_back(std::move(v));
    else
      texts.emplace_back(std::move(text));
  }
  if (texts.empty())
    return nullptr;
  return texts.size() == 1 ? json::value(texts.front()) : json::value(std::move(texts));
}

// Given again, a parameter becomes a list.
void add_value(json::object& parameters, const std::string& name, json::value v) {
  auto [at, fresh] = parameters.insert(json::object::value_type(name, v));
  if (!fresh && !at->value().is_array())
    at->value() = json::array{at->value()};
  if (!fresh)
    at->value().get_array().push_back(std::move(v));
}

} // namespace

void task_arguments::add_to(CLI::App& command) {
  repeatable(command
                 .add_option("--input", inputs_,
                             "The input: text, JSON, @FILE, a URL, or - for standard input "
                             "(repeatable where a task takes several)")
                 ->type_name("INPUT")
                 ->group("Request"));
  repeatable(
      command
          .add_option("--param", parameters_, "A parameter of the task (repeatable); weir run TASK --help lists them")
          ->type_name("K=V")
          ->group("Request"));
  repeatable(
      command.add_option("--other", others_, "Any other parameter, of a provider or model: sent as it is (repeatable)")
          ->type_name("K=JSON")
          ->group("Request"));
}

text_generation task_arguments::make_generation() const {
  text_generation ask;
  const auto set = [&ask](const std::string& name, const json::value& v) {
    using setter = std::function<void(text_generation&, const std::string&, const json::value&)>;
    static const std::map<std::string, setter, std::less<>> setters = [] {
      std::map<std::string, setter, std::less<>> m;
#define WEIR_SET(field, type)                                                                                          \
  m[#field] = [](text_generation& t, const std::string& n, const json::value& x) { t.field(typed<type>(n, x)); };
      WEIR_SET(adapter_id, std::string)
      WEIR_SET(best_of, std::int64_t)
      WEIR_SET(decoder_input_details, bool)
      WEIR_SET(details, bool)
      WEIR_SET(do_sample, bool)
      WEIR_SET(frequency_penalty, double)
      WEIR_SET(max_new_tokens, std::int64_t)
      WEIR_SET(repetition_penalty, double)
      WEIR_SET(return_full_text, bool)
      WEIR_SET(seed, std::uint64_t)
      WEIR_SET(temperature, double)
      WEIR_SET(top_k, std::int64_t)
      WEIR_SET(top_n_tokens, std::int64_t)
      WEIR_SET(top_p, double)
      WEIR_SET(truncate, std::int64_t)
      WEIR_SET(typical_p, double)
      WEIR_SET(watermark, bool)
#undef WEIR_SET
      m["stop"] = [](text_generation& t, const std::string& n, const json::value& x) {
        if (!x.is_array()) {
          t.stop(typed<std::string>(n, x));
          return;
        }
        for (const auto& one : x.get_array())
          t.stop(typed<std::string>(n, one));
      };
      m["grammar"] = [](text_generation& t, const std::string&, const json::value& x) {
        const auto type = codec::string_at(x, "type");
        const auto* value = codec::find(x, "value");
        if (!type || !value)
          throw error(errc::invalid_argument, R"(the parameter grammar takes {"type": "json" or "regex", "value": …})");
        t.grammar(*type == "regex" ? grammar::regex(typed<std::string>("grammar", *value))
                                   : grammar::json(codec::to_text(*value)));
      };
      return m;
    }();
    const auto it = setters.find(name);
    if (it == setters.end())
      throw_unknown_parameter(task_kind::text_generation, name);
    it->second(ask, name, v);
  };

  if (inputs_.size() != 1)
    throw error(errc::invalid_argument, "text-generation takes one --input: a text, JSON, @FILE or -");
  auto text = read_text(inputs_.front());
  error_code ec;
  const auto v = codec::parse_json(text, ec);
  if (!ec && v.is_object()) {
    const auto inputs = codec::string_at(v, "inputs");
    if (!inputs)
      throw error(errc::invalid_argument, R"(a JSON input of text-generation is {"inputs": "…", "parameters": {…}})");
    ask.prompt(std::string(*inputs));
    if (const auto* parameters = codec::object_at(v, "parameters"))
      for (const auto& [key, value] : *parameters)
        set(std::string(key), value);
  } else if (!ec && v.is_string()) {
    ask.prompt(std::string(v.get_string()));
  } else {
    ask.prompt(std::move(text));
  }
  for (const auto& p : parameters_) {
    const auto [name, value] = split_parameter(p);
    set(name, parameter_value(value));
  }
  for (const auto& p : others_) {
    const auto [name, value] = split_parameter(p, "--other");
    if (name == "model" || name == "stream")
      throw error(errc::invalid_argument, fmt::format("--other may not set '{}': the request sets it itself", name));
    ask.extra_body(name, codec::to_text(parameter_value(value)));
  }
  return ask;
}

json::object read_parameters(task_kind what, const std::vector<std::string>& given) {
  json::object parameters;
  for (const auto& p : given) {
    const auto [name, text] = split_parameter(p);
    const auto& known = find_parameter(what, name);
    if (known.type != parameter_type::texts && parameters.contains(name))
      throw error(errc::invalid_argument, fmt::format("the parameter {} is given more than once", name));
    add_value(parameters, name, value_for(known, text));
  }
  return parameters;
}

task_request task_arguments::make_task(task_kind what) const {
  auto parameters = read_parameters(what, parameters_);
  for (const auto& p : others_) {
    const auto [name, text] = split_parameter(p, "--other");
    add_value(parameters, name, parameter_value(text));
  }
  if (provider::takes_media(what) || provider::asks_about_image(what)) {
    file_input given(what, inputs_);
    return provider::read_task(what, {}, given.rest, std::move(given.files), parameters);
  }
  const auto input = takes_object(what) ? object_input(what, inputs_) : text_input(inputs_);
  return provider::read_task(what, {}, input, {}, parameters);
}

task_kind task_of(const std::string& given) {
  const auto what = find_task_kind(given);
  if (what && *what != task_kind::chat)
    return *what;
  if (what)
    throw error(errc::invalid_argument, "for a chat, use weir chat");
  std::vector<std::string_view> known;
  for (const auto k : all_task_kinds())
    known.push_back(name_of(k));
  const auto meant = did_you_mean(given, known);
  throw error(errc::invalid_argument,
              fmt::format("unknown task '{}'{}", given, meant.empty() ? "; the tasks are " + task_names() : meant));
}

std::string task_names() {
  std::string all;
  for (const auto k : all_task_kinds())
    if (k != task_kind::chat)
      all += (all.empty() ? "" : ", ") + std::string(name_of(k));
  return all;
}

} // namespace weir::inline v0::cli
