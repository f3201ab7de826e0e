// Providers that weir has no name for, and how an own server wants its key.
#include "client/config/config_sections.hpp"
#include "provider/added_vendors.hpp"

namespace weir::inline v0 {

namespace {

using parameters = std::vector<std::pair<std::string, std::string>>;

// What a setting refuses itself, under the path of the value.
template <class Check>
void checked(const config_value& v, Check check) {
  try {
    check();
  } catch (const error& e) {
    throw error(errc::invalid_configuration, v.file() + ": " + e.failure().message());
  }
}

std::string parent_of(const config_value& v) {
  const auto dot = v.path().rfind('.');
  return dot == std::string::npos ? std::string() : v.path().substr(0, dot);
}

parameters read_texts(const config_value& v) {
  parameters all;
  for (const auto& [name, value] : v.object().members())
    all.emplace_back(name, value.text());
  return all;
}

schema_form read_schema(const config_value& v) {
  return v.one_of<schema_form>({{"openai", schema_form::openai},
                                {"json_object", schema_form::json_object},
                                {"flattened", schema_form::flattened},
                                {"tgi", schema_form::tgi}});
}

generation_form read_generation(const config_value& v) {
  return v.one_of<generation_form>(
      {{"completions", generation_form::completions}, {"tgi", generation_form::tgi}, {"chat", generation_form::chat}});
}

vendor read_vendor(const std::string& name, const config_value& v) {
  vendor made(name);
  config_section<vendor> section(v, made);
  auto& o = section.object();
  const auto text = [&](std::string_view member, vendor& (vendor::*set)(std::string)&) {
    o.on(member, [&](const config_value& t) { (made.*set)(t.text()); });
  };
  text("base_url", &vendor::base_url);
  text("chat_path", &vendor::chat_path);
  text("text_path", &vendor::text_path);
  text("models_path", &vendor::models_path);
  text("dialect", &vendor::dialect);
  text("key_header", &vendor::key_header);
  text("key_scheme", &vendor::key_scheme);
  text("drops", &vendor::drops);
  o.on("key_variable",
       [&](const config_value& names) {
         for (const auto& n : names.texts())
           made.key_variable(n.text());
       })
      .on("headers",
          [&](const config_value& h) {
            for (auto& [field, value] : read_texts(h))
              made.header(field, value);
          })
      .on("query",
          [&](const config_value& q) {
            for (auto& [parameter, value] : read_texts(q))
              made.query(parameter, value);
          })
      .on("schema", [&](const config_value& s) { made.schema(read_schema(s)); })
      .on("generation", [&](const config_value& g) { made.generation(read_generation(g)); })
      .on("refuses_top_p_1", [&](const config_value& f) { made.refuses_top_p_1(f.flag()); });
  section.finish();
  return made;
}

} // namespace

void read_vendors(const config_value& v, config_context& in) {
  in.only_own(v);
  for (const auto& [name, value] : v.object().members()) {
    auto made = read_vendor(name, value);
    // A variable that is not set is no mistake yet: another vendor may be used.
    for (const auto& variable : made.key_variables())
      if (auto key = read_variable(variable, value, in); key && !in.settings.credentials().vendor(name))
        in.settings.credentials(credentials(in.settings.credentials()).vendor(name, std::move(key)));
    in.settings.vendor(std::move(made));
  }
}

std::string read_key_header(const config_value& v) {
  auto header = v.text();
  checked(v, [&] { provider::check_key_header(parent_of(v), header); });
  return header;
}

std::string read_key_scheme(const config_value& v) {
  auto scheme = v.text();
  checked(v, [&] { provider::check_key_scheme(parent_of(v), scheme); });
  return scheme;
}

std::vector<std::pair<std::string, std::string>> read_query(const config_value& v) {
  auto all = read_texts(v);
  checked(v, [&] { provider::check_query(parent_of(v), all); });
  return all;
}

} // namespace weir::inline v0
