// What another program's model says of itself: keys with values, read one by one.
#pragma once

#include <string>

#include "cairn/base/document.h"

namespace cairn::transformer {

/// What is wrong with a value is an InputError that names the source and the key.
class ForeignConfig {
 public:
  ForeignConfig(Json json, std::string source);

  int64_t integer(const std::string& key) const;  ///< 0 or more
  int64_t integer(const std::string& key, int64_t fallback) const { return has(key) ? integer(key) : fallback; }
  double number(const std::string& key, double fallback) const;
  bool flag(const std::string& key, bool fallback) const;
  std::string text(const std::string& key) const;
  bool has(const std::string& key) const { return json_.contains(key) && !json_.at(key).is_null(); }
  /// The key, if it is there, has this value: another one is a network that is not ours.
  void require(const std::string& key, const Json& value) const;
  /// The key is not there, or null.
  void require_none(const std::string& key) const;
  [[noreturn]] void refuse(const std::string& key, const std::string& got, const std::string& expected) const;

 private:
  const Json& at(const std::string& key) const;

  Json json_;
  std::string source_;
};

}  // namespace cairn::transformer
