// Checks of the safetensors header, rule by rule, before a byte of data is touched.
#include "cairn/io/safetensors_header.h"

#include <algorithm>
#include <cstring>
#include <set>
#include <tuple>

#include <nlohmann/json.hpp>

#include "cairn/base/error.h"
#include "cairn/io/tensor_map.h"

namespace cairn::io {

namespace {

constexpr uint64_t kMaxHeader = 100'000'000;
constexpr char kMetadata[] = "__metadata__";

using json = nlohmann::json;  // sorted by key, where base's Json keeps order but seeks keys one by one

struct NamedType {
  const char* name;
  torch::ScalarType type;
};

constexpr NamedType kTypes[] = {{"BOOL", torch::kBool},
                                {"U8", torch::kUInt8},
                                {"I8", torch::kInt8},
                                {"F8_E5M2", torch::kFloat8_e5m2},
                                {"F8_E4M3", torch::kFloat8_e4m3fn},
                                {"F8_E8M0", torch::kFloat8_e8m0fnu},
                                {"F8_E4M3FNUZ", torch::kFloat8_e4m3fnuz},
                                {"F8_E5M2FNUZ", torch::kFloat8_e5m2fnuz},
                                {"I16", torch::kInt16},
                                {"U16", torch::kUInt16},
                                {"F16", torch::kFloat16},
                                {"BF16", torch::kBFloat16},
                                {"I32", torch::kInt32},
                                {"U32", torch::kUInt32},
                                {"F32", torch::kFloat32},
                                {"F64", torch::kFloat64},
                                {"I64", torch::kInt64},
                                {"U64", torch::kUInt64},
                                {"C64", torch::kComplexFloat}};

[[noreturn]] void refuse(const std::string& where, const std::string& what) {
  throw InputError(where, what);
}

torch::ScalarType type_named(const std::string& name, const std::string& where) {
  for (const auto& known : kTypes) {
    if (name == known.name) return known.type;
  }
  for (const char* packed : {"F4", "F6_E2M3", "F6_E3M2"}) {
    if (name == packed) refuse(where, cat("got dtype ", name, ", expected elements of whole bytes"));
  }
  refuse(where, cat("got dtype '", name, "', expected one that LibTorch has"));
}

/// The JSON parser keeps the last of two equal keys; the format forbids them, so they are looked for while parsing.
json parse_json(const char* text, uint64_t length, const std::string& file) {
  std::vector<std::set<std::string>> seen;
  const auto watch = [&](int depth, json::parse_event_t event, json& value) {
    if (depth > 8) refuse(file, "header nested too deep");
    if (event == json::parse_event_t::object_start) seen.emplace_back();
    if (event == json::parse_event_t::object_end) seen.pop_back();
    if (event == json::parse_event_t::key && !seen.back().insert(value.get<std::string>()).second) {
      refuse(file, cat("header has '", value.get<std::string>(), "' twice"));
    }
    return true;
  };
  try {
    return json::parse(text, text + length, watch);
  } catch (const json::exception& error) {
    refuse(file, cat("header is no JSON: ", error.what()));
  }
}

uint64_t whole_number(const json& value, const std::string& where) {
  if (!value.is_number_unsigned()) refuse(where, got_expected(value.dump(), "a whole number"));
  return value.get<uint64_t>();
}

SafetensorsEntry read_entry(const std::string& name, const json& value, const std::string& file) {
  const std::string where = cat(file, ", tensor '", name, "'");
  const bool complete = value.is_object() && value.size() == 3 && value.contains("dtype") &&
                        value["dtype"].is_string() && value.contains("shape") && value["shape"].is_array() &&
                        value.contains("data_offsets") && value["data_offsets"].is_array() &&
                        value["data_offsets"].size() == 2;
  if (!complete) refuse(where, "expected exactly dtype, shape and two data_offsets");
  SafetensorsEntry entry{.name = name,
                         .type = type_named(value["dtype"].get<std::string>(), where),
                         .shape = {},
                         .begin = whole_number(value["data_offsets"][0], where),
                         .end = whole_number(value["data_offsets"][1], where)};
  for (const auto& size : value["shape"]) entry.shape.push_back(static_cast<int64_t>(whole_number(size, where)));
  const c10::IntArrayRef shape(entry.shape);
  const auto bytes = byte_count(entry.shape, entry.type);
  if (!bytes) refuse(where, got_expected(cat("shape ", shape), "sizes that can be counted"));
  if (entry.end < entry.begin || entry.end - entry.begin != *bytes) {
    refuse(where, got_expected(cat("bytes ", entry.begin, " to ", entry.end), cat(*bytes, " bytes for shape ", shape)));
  }
  return entry;
}

std::map<std::string, std::string> read_metadata(const json& value, const std::string& file) {
  if (!value.is_object()) refuse(file, got_expected("__metadata__ that is no object", "names and texts"));
  std::map<std::string, std::string> metadata;
  for (const auto& [key, item] : value.items()) {
    if (!item.is_string()) refuse(file, cat("__metadata__ '", key, "': ", got_expected(item.type_name(), "text")));
    metadata[key] = item.get<std::string>();
  }
  return metadata;
}

/// Tensors must follow each other without overlap or hole and fill the file.
void check_layout(std::vector<SafetensorsEntry>& entries, uint64_t size, const std::string& file) {
  std::sort(entries.begin(), entries.end(), [](const SafetensorsEntry& a, const SafetensorsEntry& b) {
    return std::tie(a.begin, a.end, a.name) < std::tie(b.begin, b.end, b.name);
  });
  uint64_t next = 0;
  for (const auto& entry : entries) {
    if (entry.begin != next) {
      refuse(cat(file, ", tensor '", entry.name, "'"),
             cat(entry.begin < next ? "overlaps the one before" : "leaves a hole before it", ": ",
                 got_expected(cat("first byte ", entry.begin), next)));
    }
    next = entry.end;
  }
  if (next != size) {
    refuse(file, cat(next > size ? "truncated" : "has bytes after the last tensor", ": ",
                     got_expected(cat(size, " bytes of data"), next)));
  }
}

const char* name_of(torch::ScalarType type, const std::string& where) {
  for (const auto& known : kTypes) {
    if (type == known.type) return known.name;
  }
  throw UsageError(where, got_expected(cat("dtype ", type), "one that safetensors has"));
}

}  // namespace

SafetensorsHeader parse_safetensors_header(std::span<const std::byte> file, const std::string& name) {
  if (file.size() < 8) refuse(name, got_expected(cat(file.size(), " bytes"), "at least 8"));
  uint64_t length = 0;
  std::memcpy(&length, file.data(), 8);
  if (length > std::min<uint64_t>(kMaxHeader, file.size() - 8)) {
    const uint64_t most = std::min<uint64_t>(kMaxHeader, file.size() - 8);
    refuse(name, got_expected(cat("a header of ", length, " bytes"), cat("at most ", most)));
  }
  const char* text = reinterpret_cast<const char*>(file.data()) + 8;
  if (length == 0 || text[0] != '{') refuse(name, "byte 8: header does not begin with '{'");
  SafetensorsHeader header{.entries = {}, .metadata = {}, .data_begin = 8 + length};
  const json parsed = parse_json(text, length, name);
  for (const auto& [key, value] : parsed.items()) {
    if (key == kMetadata) {
      header.metadata = read_metadata(value, name);
    } else {
      header.entries.push_back(read_entry(key, value, name));
    }
  }
  check_layout(header.entries, file.size() - header.data_begin, name);
  return header;
}

std::string safetensors_header_text(const SafetensorsHeader& header) {
  std::string text = "{";
  const auto add = [&](const std::string& key, const json& value) {
    try {
      text += cat(text.size() > 1 ? "," : "", json(key).dump(), ":", value.dump());
    } catch (const json::exception&) {
      throw UsageError("safetensors", cat("'", key, "': got text that is not UTF-8"));
    }
  };
  if (!header.metadata.empty()) add(kMetadata, header.metadata);
  for (const auto& entry : header.entries) {
    if (entry.name == kMetadata) throw UsageError("safetensors", "a tensor cannot be named __metadata__");
    add(entry.name, {{"dtype", name_of(entry.type, entry.name)},
                     {"shape", entry.shape},
                     {"data_offsets", {entry.begin, entry.end}}});
  }
  text += '}';
  text.append((8 - text.size() % 8) % 8, ' ');
  const uint64_t length = text.size();
  return std::string(reinterpret_cast<const char*>(&length), sizeof length) + text;
}

}  // namespace cairn::io
