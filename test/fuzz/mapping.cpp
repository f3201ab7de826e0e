// The Hub's answers: a vendor and a model that are names, or an error; and lists whose prices are numbers.
#include "provider/mapping.hpp"

#include <weir/core/error.hpp>

#include "fuzz.hpp"
#include "provider/catalog/models.hpp"

using namespace weir;

template <class F>
static void tried(F&& f) {
  try {
    f();
  } catch (const error& e) {
    fuzz::hold(!std::string_view(e.what()).empty(), "a refusal has a message");
  }
}

FUZZ(in) {
  const auto what = static_cast<task_kind>(in.kind % 20);
  for (const char* vendor : {"auto", "together"})
    tried([&] {
      const auto m = provider::parse_mapping(in.text, vendor, what);
      fuzz::hold(!m.provider.empty() && !m.model.empty(), "a mapping names both");
      provider::route r;
      r.what = what;
      r.target = "/v1/{model}";
      provider::apply_mapping(r, m);
    });
  tried([&] { fuzz::hold(!provider::default_model(in.text, what).empty(), "a recommended model has a name"); });
}
