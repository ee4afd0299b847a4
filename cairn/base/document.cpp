#include "cairn/base/document.h"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <charconv>
#include <fstream>
#include <sstream>

#include "cairn/base/error.h"
#include "cairn/base/text.h"
#include "cairn/base/utf8.h"

namespace cairn {

namespace {

constexpr int kMaxDepth = 32;
constexpr std::uintmax_t kMaxFileBytes = 16 << 20;

using Origins = std::map<std::string, Origin>;

[[noreturn]] void refuse(const std::string& source, const YAML::Mark& mark, const std::string& what) {
  throw InputError(cat(source, ":", mark.line + 1), what);
}

std::string below(const std::string& path, const std::string& key) {
  return path.empty() ? key : path + "." + key;
}

template <class Number>
bool parse_whole(const std::string& text, Number& value) {
  const char* begin = text.data() + (text.size() > 1 && text[0] == '+' ? 1 : 0);
  const auto result = std::from_chars(begin, text.data() + text.size(), value);
  return result.ec == std::errc() && result.ptr == text.data() + text.size();
}

/// The type of a plain scalar, as YAML 1.2's core schema has it.
Json infer(const std::string& text) {
  if (text.empty() || text == "~" || text == "null") return nullptr;
  if (text == "true") return true;
  if (text == "false") return false;
  int64_t integer = 0;
  if (parse_whole(text, integer)) return integer;
  double number = 0;
  const bool numeric = text.find_first_of("0123456789") != std::string::npos;
  if (numeric && parse_whole(text, number)) return number;
  return text;
}

class Converter {
 public:
  Converter(const std::string& source, Origins& origins) : source_(source), origins_(origins) {}

  Json convert(const YAML::Node& node, const std::string& path, int depth) {
    if (depth > kMaxDepth) refuse(source_, node.Mark(), cat("nested deeper than ", kMaxDepth, " levels"));
    if (!path.empty()) origins_[path] = {source_, node.Mark().line + 1};
    if (node.IsMap()) return convert_map(node, path, depth);
    if (node.IsSequence()) {
      Json list = Json::array();
      for (const auto& item : node) list.push_back(convert(item, cat(path, "[", list.size(), "]"), depth + 1));
      return list;
    }
    if (node.IsNull()) return nullptr;
    return node.Tag() == "!" ? Json(node.Scalar()) : infer(node.Scalar());  // "!" marks a quoted scalar
  }

 private:
  Json convert_map(const YAML::Node& node, const std::string& path, int depth) {
    Json map = Json::object();
    for (const auto& item : node) {
      if (!item.first.IsScalar()) refuse(source_, item.first.Mark(), "got a key that is not a name");
      const std::string key = item.first.Scalar();
      if (map.contains(key)) refuse(source_, item.first.Mark(), cat("key '", key, "' stands here twice"));
      map[key] = convert(item.second, below(path, key), depth + 1);
    }
    return map;
  }

  const std::string& source_;
  Origins& origins_;
};

/// Reads a document's events and refuses anchors and aliases: a few nested ones expand to more than memory holds.
class AliasGuard : public YAML::EventHandler {
 public:
  explicit AliasGuard(const std::string& source) : source_(source) {}

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override { refuse(source_, mark, kRefusal); }
  /// yaml-cpp makes bytes that are no text of some control characters.
  void OnScalar(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor, const std::string& text) override {
    check(mark, anchor);
    if (!is_utf8(text)) refuse(source_, mark, "got bytes that are no UTF-8 text");
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    check(mark, anchor);
  }
  void OnMapStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    check(mark, anchor);
  }
  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override { check(mark, anchor); }
  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}
  void OnSequenceEnd() override {}
  void OnMapEnd() override {}

 private:
  static constexpr const char* kRefusal = "got an anchor or alias, expected plain values";

  void check(const YAML::Mark& mark, YAML::anchor_t anchor) const {
    if (anchor != 0) refuse(source_, mark, kRefusal);
  }

  const std::string& source_;
};

void refuse_aliases(const std::string& text, const std::string& source) {
  std::istringstream stream(text);
  AliasGuard guard(source);
  YAML::Parser(stream).HandleNextDocument(guard);
}

void emit_text(YAML::Emitter& out, const std::string& text) {
  if (!infer(text).is_string()) out << YAML::DoubleQuoted;  // in quotes it stays text when read again
  out << text;
}

void emit(YAML::Emitter& out, const Json& value) {
  if (value.is_object()) {
    out << YAML::BeginMap;
    for (const auto& [key, item] : value.items()) {
      out << YAML::Key << key << YAML::Value;
      emit(out, item);
    }
    out << YAML::EndMap;
  } else if (value.is_array()) {
    out << YAML::Flow << YAML::BeginSeq;
    for (const auto& item : value) emit(out, item);
    out << YAML::EndSeq;
  } else if (value.is_null()) {
    out << YAML::Null;
  } else if (value.is_string()) {
    emit_text(out, value.get<std::string>());
  } else {
    out << (value.is_number_float() ? exact(value.get<double>()) : value.dump());
  }
}

}  // namespace

std::string Origin::text() const {
  return line > 0 ? cat(source, ":", line) : source;
}

Document::Document(Json values, std::string source) : values_(std::move(values)) {
  origins_[""] = {std::move(source), 0};
}

Document Document::parse_yaml(const std::string& text, const std::string& source) {
  Document document;
  document.origins_[""] = {source, 0};
  if (const size_t at = invalid_utf8(text); at != std::string::npos) {
    const auto lines = std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(at), '\n');
    throw InputError(cat(source, ":", lines + 1), "got bytes that are not UTF-8");
  }
  try {
    refuse_aliases(text, source);
    const YAML::Node root = YAML::Load(text);
    if (root.IsNull()) return document;
    if (!root.IsMap()) refuse(source, root.Mark(), "expected sections of `key: value` lines");
    document.values_ = Converter(source, document.origins_).convert(root, "", 0);
  } catch (const YAML::Exception& error) {
    refuse(source, error.mark, error.msg);
  }
  return document;
}

Document Document::read_yaml(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw EnvironmentError(path.string(), "cannot be opened for reading");
  if (std::filesystem::is_regular_file(path) && std::filesystem::file_size(path) > kMaxFileBytes) {
    throw InputError(path.string(), cat("got more than ", human_bytes(kMaxFileBytes), ", expected a small text file"));
  }
  std::ostringstream text;
  text << file.rdbuf();
  return parse_yaml(text.str(), path.string());
}

Origin Document::origin(const std::string& path) const {
  for (std::string prefix = path;; prefix.erase(prefix.find_last_of('.'))) {
    if (const auto found = origins_.find(prefix); found != origins_.end()) return found->second;
    if (prefix.find('.') == std::string::npos) break;
  }
  const auto root = origins_.find("");
  return root == origins_.end() ? Origin{"default", 0} : root->second;
}

bool Document::contains(const std::string& path) const {
  const Json* value = &values_;
  for (const auto& key : split(path, '.')) {
    if (!value->is_object() || !value->contains(key)) return false;
    value = &(*value)[key];
  }
  return true;
}

const Json& Document::at(const std::string& path) const {
  if (!contains(path)) throw UsageError(path, "got nothing, expected a value");
  const Json* value = &values_;
  for (const auto& key : split(path, '.')) value = &(*value)[key];
  return *value;
}

void Document::set(const std::string& path, Json value, const Origin& origin) {
  Json* target = &values_;
  for (const auto& key : split(path, '.')) {
    if (!target->is_object()) *target = Json::object();
    target = &(*target)[key];
  }
  *target = std::move(value);
  origins_[path] = origin;
}

void Document::override_with(const std::string& assignment) {
  const size_t equals = assignment.find('=');
  if (equals == 0 || equals == std::string::npos) {
    throw UsageError("override", got_expected(cat("'", assignment, "'"), "key.path=value"));
  }
  const std::string path = assignment.substr(0, equals);
  std::string value = assignment.substr(equals + 1);
  if (value == "-") value = "'-'";  // stdin; to YAML the beginning of a list
  const Document parsed = parse_yaml("value: " + value, cat("command line, ", path));
  set(path, parsed.at("value"), {"command line", 0});
}

Document Document::section(const std::string& section) const {
  Document part;
  part.origins_[""] = origin(section);
  if (contains(section)) part.values_ = at(section);
  if (part.values_.is_null()) part.values_ = Json::object();
  const std::string prefix = section + ".";
  for (const auto& [path, origin] : origins_) {
    if (path.starts_with(prefix)) part.origins_[path.substr(prefix.size())] = origin;
  }
  return part;
}

std::string Document::to_yaml() const {
  YAML::Emitter emitter;
  emit(emitter, values_);
  return std::string(emitter.c_str()) + "\n";
}

}  // namespace cairn
