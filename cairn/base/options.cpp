#include "cairn/base/options.h"

#include <algorithm>

#include "cairn/base/error.h"
#include "cairn/base/text.h"

namespace cairn {

Rule at_least(double low) {
  return [low](const Json& value) {
    return !value.is_number() || value.get<double>() >= low ? "" : cat("a number >= ", exact(low));
  };
}

Rule between(double low, double high) {
  return [low, high](const Json& value) {
    const bool holds = !value.is_number() || (value.get<double>() >= low && value.get<double>() <= high);
    return holds ? "" : cat("a number from ", exact(low), " to ", exact(high));
  };
}

Rule one_of(std::vector<std::string> names) {
  return [names = std::move(names)](const Json& value) -> std::string {
    const auto text = value.is_string() ? value.get<std::string>() : value.dump();
    if (std::find(names.begin(), names.end(), text) != names.end()) return "";
    return cat("one of ", join(names, ", "), did_you_mean(text, names));
  };
}

Rule each(Rule rule) {
  return [rule = std::move(rule)](const Json& list) -> std::string {
    for (const auto& value : list) {
      if (auto expected = rule(value); !expected.empty()) return "each to be " + expected;
    }
    return "";
  };
}

namespace options_detail {

namespace {

/// Thrown by `assign`, caught by Fields::read, which knows the option's name and origin.
struct WrongType {};

void require(bool holds) {
  if (!holds) throw WrongType();
}

template <class T>
void assign_list(const Json& value, std::vector<T>& target) {
  require(value.is_array());
  std::vector<T> items(value.size());
  for (size_t i = 0; i < items.size(); ++i) assign(value[i], items[i]);
  target = std::move(items);
}

}  // namespace

void assign(const Json& value, bool& target) {
  require(value.is_boolean());
  target = value.get<bool>();
}

void assign(const Json& value, int64_t& target) {
  require(value.is_number_integer());
  target = value.get<int64_t>();
}

void assign(const Json& value, double& target) {
  require(value.is_number());
  target = value.get<double>();
}

/// `key:` and `key=` with nothing behind, which YAML reads as null, are the empty text.
void assign(const Json& value, std::string& target) {
  require(value.is_string() || value.is_null());
  target = value.is_null() ? "" : value.get<std::string>();
}

void assign(const Json& value, std::vector<int64_t>& target) {
  assign_list(value, target);
}
void assign(const Json& value, std::vector<double>& target) {
  assign_list(value, target);
}
void assign(const Json& value, std::vector<std::string>& target) {
  assign_list(value, target);
}

}  // namespace options_detail

const Field* Fields::find(const std::string& name) const {
  const auto found = std::find_if(fields_.begin(), fields_.end(), [&](const Field& f) { return f.name == name; });
  return found == fields_.end() ? nullptr : &*found;
}

namespace {

std::vector<std::string> names_of(const std::vector<Field>& fields) {
  std::vector<std::string> names;
  for (const auto& field : fields) names.push_back(field.name);
  return names;
}

void set_checked(const Field& field, const Json& value, const std::string& where) {
  try {
    field.set(value);
  } catch (const options_detail::WrongType&) {
    throw UsageError(where, got_expected(value.dump(), field.type));
  }
  const Json taken = field.get();
  if (!field.rule || taken.is_null()) return;
  if (const auto expected = field.rule(taken); !expected.empty()) {
    throw UsageError(where, got_expected(value.dump(), expected));
  }
}

}  // namespace

void Fields::read(const Document& document, const std::string& section) {
  if (!document.values().is_object()) {
    throw UsageError(cat(document.origin("").text(), ": ", section),
                     got_expected(document.values().dump(), "a section"));
  }
  for (const auto& [key, value] : document.values().items()) {
    const std::string where = cat(document.origin(key).text(), ": ", section, section.empty() ? "" : ".", key);
    const Field* field = find(key);
    if (!field) throw UsageError(where, cat("unknown key", did_you_mean(key, names_of(fields_))));
    set_checked(*field, value, where);
  }
}

Json Fields::to_json() const {
  Json json = Json::object();
  for (const auto& field : fields_) json[field.name] = field.get();
  return json;
}

std::string Fields::help_text(const std::string& indent) const {
  std::string text;
  for (const auto& field : fields_) {
    const std::string fallback = field.fallback.is_null() ? "" : cat(" (default ", field.fallback.dump(), ")");
    text += cat(indent, field.name, ": ", field.type, fallback, "\n", indent, "    ", field.help, "\n");
  }
  return text;
}

}  // namespace cairn
