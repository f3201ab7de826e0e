// The setters of weir's classes: included before them it defines its macros, included again behind them it takes them
// away, so that no user sees one. Each setter returns the object, as an rvalue if it is one, so that
// `f(options().provider("groq"))` moves. `self` is the class.

#ifndef WEIR_SETTER

#define WEIR_SETTER(self, type, name, statement)                                                                       \
  self&& name(type v)&& {                                                                                              \
    statement;                                                                                                         \
    return std::move(*this);                                                                                           \
  }                                                                                                                    \
  self& name(type v)& {                                                                                                \
    statement;                                                                                                         \
    return *this;                                                                                                      \
  }

// A member `name_` with its getter, which gives a reference, a copy, or an optional that is empty until it was set.
#define WEIR_FIELD(self, type, name)                                                                                   \
  WEIR_SETTER(self, type, name, name##_ = std::move(v))                                                                \
  const type& name() const noexcept { return name##_; }
#define WEIR_VALUE(self, type, name)                                                                                   \
  WEIR_SETTER(self, type, name, name##_ = v)                                                                           \
  type name() const noexcept { return name##_; }
#define WEIR_OPTIONAL(self, type, name)                                                                                \
  WEIR_SETTER(self, type, name, name##_ = std::move(v))                                                                \
  const std::optional<type>& name() const noexcept { return name##_; }

// For the classes of tasks: one parameter under its documented name; one input, passed to `function`; one member of a
// structured input, or one element of a list of parameters.
#define WEIR_TASK_PARAMETER(self, type, name) WEIR_SETTER(self, type, name, this->set_parameter(#name, std::move(v)))
#define WEIR_TASK_INPUT(self, type, name, function) WEIR_SETTER(self, type, name, this->function(std::move(v)))
#define WEIR_TASK_NAMED(self, type, name, function, key)                                                               \
  WEIR_SETTER(self, type, name, this->function(key, std::move(v)))

#else

#undef WEIR_SETTER
#undef WEIR_FIELD
#undef WEIR_VALUE
#undef WEIR_OPTIONAL
#undef WEIR_TASK_PARAMETER
#undef WEIR_TASK_INPUT
#undef WEIR_TASK_NAMED

#endif
