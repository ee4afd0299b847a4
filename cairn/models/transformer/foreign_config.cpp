#include "cairn/models/transformer/foreign_config.h"

#include "cairn/base/error.h"

namespace cairn::transformer {

ForeignConfig::ForeignConfig(Json json, std::string source) : json_(std::move(json)), source_(std::move(source)) {
  if (!json_.is_object()) throw InputError(source_, got_expected(json_.type_name(), "an object"));
}

void ForeignConfig::refuse(const std::string& key, const std::string& got, const std::string& expected) const {
  throw InputError(source_, cat(key, ": ", got_expected(got, expected)));
}

const Json& ForeignConfig::at(const std::string& key) const {
  if (!has(key)) refuse(key, "nothing", "a value");
  return json_.at(key);
}

int64_t ForeignConfig::integer(const std::string& key) const {
  const Json& value = at(key);
  if (!value.is_number_integer() || value.get<int64_t>() < 0) refuse(key, value.dump(), "a whole number, 0 or more");
  return value.get<int64_t>();
}

double ForeignConfig::number(const std::string& key, double fallback) const {
  if (!has(key)) return fallback;
  const Json& value = at(key);
  if (!value.is_number()) refuse(key, value.dump(), "a number");
  return value.get<double>();
}

bool ForeignConfig::flag(const std::string& key, bool fallback) const {
  if (!has(key)) return fallback;
  const Json& value = at(key);
  if (!value.is_boolean()) refuse(key, value.dump(), "true or false");
  return value.get<bool>();
}

std::string ForeignConfig::text(const std::string& key) const {
  const Json& value = at(key);
  if (!value.is_string()) refuse(key, value.dump(), "a text");
  return value.get<std::string>();
}

void ForeignConfig::require(const std::string& key, const Json& value) const {
  if (has(key) && at(key) != value) refuse(key, at(key).dump(), value.dump());
}

void ForeignConfig::require_none(const std::string& key) const {
  if (has(key)) refuse(key, at(key).dump(), "none");
}

}  // namespace cairn::transformer
