// A tree of values read from YAML, JSON or the command line that remembers where each value came from.
#pragma once

#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace cairn {

using Json = nlohmann::ordered_json;

/// Where a value was written; `line` is 0 where lines have no meaning (the command line, a default).
struct Origin {
  std::string source;
  int line = 0;
  std::string text() const;  ///< "recipe.yaml:12" or "command line"
};

/// Values plus their origins. Paths are keys joined by dots ("train.lr").
class Document {
 public:
  Document() = default;
  /// A document whose values all come from `source`.
  Document(Json values, std::string source);

  /// Reads a YAML file (JSON is YAML). Throws InputError with file and line for bad syntax, a repeated key or an alias.
  static Document read_yaml(const std::filesystem::path& path);
  static Document parse_yaml(const std::string& text, const std::string& source);

  const Json& values() const { return values_; }
  /// Origin of `path`, or of its nearest ancestor that has one.
  Origin origin(const std::string& path) const;
  bool contains(const std::string& path) const;
  /// Throws UsageError if `path` is absent.
  const Json& at(const std::string& path) const;

  /// Sets one value, creating sections on the way.
  void set(const std::string& path, Json value, const Origin& origin);
  /// Applies "key.path=value" as typed on a command line; the value is parsed as YAML. Throws UsageError if malformed.
  void override_with(const std::string& assignment);
  /// The part below `section` as a document of its own, origins kept; empty if absent.
  Document section(const std::string& section) const;

  std::string to_yaml() const;

 private:
  Json values_ = Json::object();
  std::map<std::string, Origin> origins_;
};

}  // namespace cairn
