// Options declared once: name, type, default, help. Reading, `--help`, the saved config and the error for an unknown
// key all derive from the one declaration:
//
//   struct NadeConfig {
//     int64_t hidden = 500;
//     void fields(Fields& f) { f("hidden", hidden, "units in the hidden layer", at_least(1)); }
//   };
//   auto config = read_options<NadeConfig>(document, "model");
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "cairn/base/document.h"

namespace cairn {

/// A rule on a value; empty text when it holds, else what was expected ("a number >= 1").
using Rule = std::function<std::string(const Json&)>;
Rule at_least(double low);
Rule between(double low, double high);  ///< both ends allowed
Rule one_of(std::vector<std::string> names);
Rule each(Rule rule);  ///< the rule holds for each element of a list

/// One option of a config.
struct Field {
  std::string name;
  std::string type;  ///< "integer", "number", "text", "true/false", "list of integers", ...
  std::string help;
  Json fallback;                         ///< the default, as in the struct before reading
  Rule rule;                             ///< may be empty
  std::function<void(const Json&)> set;  ///< throws nlohmann's type error if the value does not fit
  std::function<Json()> get;
};

/// The list of a config's options, collected by its `fields` member.
class Fields {
 public:
  template <class T>
  void operator()(const char* name, T& value, const char* help, Rule rule = {});

  const std::vector<Field>& all() const { return fields_; }
  const Field* find(const std::string& name) const;

  /// Sets every field that `document` has; its keys stand below `section` in messages ("model.hidden").
  /// Throws UsageError for an unknown key (with the nearest valid one), a wrong type or a broken rule, with file and
  /// line.
  void read(const Document& document, const std::string& section);
  Json to_json() const;
  /// One line an option: name, type, default, help.
  std::string help_text(const std::string& indent = "  ") const;

 private:
  std::vector<Field> fields_;
};

/// Several configs share one flat object.
template <class... Configs>
Fields fields_of(Configs&... configs) {
  Fields fields;
  (configs.fields(fields), ...);
  return fields;
}

/// A Config with the values that `document` has below `section`, defaults elsewhere.
template <class Config>
Config read_options(const Document& document, const std::string& section) {
  Config config;
  fields_of(config).read(document.section(section), section);
  return config;
}

namespace options_detail {
/// Checks that `value` has the JSON type of T (no silent 0.5 -> 0) and converts it.
void assign(const Json& value, bool& target);
void assign(const Json& value, int64_t& target);
void assign(const Json& value, double& target);
void assign(const Json& value, std::string& target);
void assign(const Json& value, std::vector<int64_t>& target);
void assign(const Json& value, std::vector<double>& target);
void assign(const Json& value, std::vector<std::string>& target);
template <class T>
void assign(const Json& value, std::optional<T>& target) {
  if (value.is_null()) {
    target.reset();
  } else {
    T inner{};
    assign(value, inner);
    target = inner;
  }
}
inline const char* type_name(const bool&) {
  return "true/false";
}
inline const char* type_name(const int64_t&) {
  return "integer";
}
inline const char* type_name(const double&) {
  return "number";
}
inline const char* type_name(const std::string&) {
  return "text";
}
inline const char* type_name(const std::vector<int64_t>&) {
  return "list of integers";
}
inline const char* type_name(const std::vector<double>&) {
  return "list of numbers";
}
inline const char* type_name(const std::vector<std::string>&) {
  return "list of texts";
}
template <class T>
const char* type_name(const std::optional<T>&) {
  return type_name(T{});
}
template <class T>
Json to_json(const T& value) {
  return Json(value);
}
template <class T>
Json to_json(const std::optional<T>& value) {
  return value ? Json(*value) : Json();
}
}  // namespace options_detail

template <class T>
void Fields::operator()(const char* name, T& value, const char* help, Rule rule) {
  fields_.push_back({name, options_detail::type_name(value), help, options_detail::to_json(value), std::move(rule),
                     [&value](const Json& json) { options_detail::assign(json, value); },
                     [&value] { return options_detail::to_json(value); }});
}

}  // namespace cairn
