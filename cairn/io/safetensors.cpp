#include "cairn/io/safetensors.h"

#include <algorithm>
#include <cstring>
#include <set>

#include "cairn/base/document.h"
#include "cairn/base/error.h"
#include "cairn/io/atomic_file.h"
#include "cairn/io/mapped_file.h"

namespace cairn::io {

namespace {

constexpr uint64_t kMaxHeader = 100'000'000;

struct NamedType {
  const char* name;
  torch::ScalarType type;
};

constexpr NamedType kTypes[] = {
    {"BOOL", torch::kBool},          {"U8", torch::kUInt8},       {"I8", torch::kInt8},
    {"F8_E5M2", torch::kFloat8_e5m2}, {"F8_E4M3", torch::kFloat8_e4m3fn}, {"F8_E8M0", torch::kFloat8_e8m0fnu},
    {"I16", torch::kInt16},          {"U16", torch::kUInt16},     {"F16", torch::kFloat16},
    {"BF16", torch::kBFloat16},      {"I32", torch::kInt32},      {"U32", torch::kUInt32},
    {"F32", torch::kFloat32},        {"F64", torch::kFloat64},    {"I64", torch::kInt64},
    {"U64", torch::kUInt64},         {"C64", torch::kComplexFloat}};

struct Entry {
  std::string name;
  torch::ScalarType type;
  std::vector<int64_t> shape;
  uint64_t begin, end;
};

[[noreturn]] void refuse(const std::string& file, const std::string& what) { throw InputError(file, what); }

torch::ScalarType type_named(const std::string& name, const std::string& where) {
  for (const auto& known : kTypes) {
    if (name == known.name) return known.type;
  }
  refuse(where, cat("got dtype '", name, "', expected one that LibTorch has"));
}

/// nlohmann keeps the last of two equal keys; the format forbids them, so they are looked for while parsing.
Json parse_header(const std::string& text, const std::string& file) {
  std::vector<std::set<std::string>> seen;
  const auto watch = [&](int depth, Json::parse_event_t event, Json& value) {
    if (depth > 8) refuse(file, "header nested too deep");
    if (event == Json::parse_event_t::object_start) seen.emplace_back();
    if (event == Json::parse_event_t::object_end) seen.pop_back();
    if (event == Json::parse_event_t::key && !seen.back().insert(value.get<std::string>()).second) {
      refuse(file, cat("header has '", value.get<std::string>(), "' twice"));
    }
    return true;
  };
  try {
    return Json::parse(text, watch);
  } catch (const Json::exception& error) {
    refuse(file, cat("header is no JSON: ", error.what()));
  }
}

uint64_t byte_count(const Entry& entry, const std::string& where) {
  uint64_t count = torch::elementSize(entry.type);
  for (const int64_t size : entry.shape) {
    if (size < 0 || __builtin_mul_overflow(count, static_cast<uint64_t>(size), &count)) {
      refuse(where, cat("got shape ", c10::IntArrayRef(entry.shape), ", expected sizes that can be counted"));
    }
  }
  return count;
}

Entry read_entry(const std::string& name, const Json& json, const std::string& file) {
  const std::string where = cat(file, ", tensor '", name, "'");
  try {
    Entry entry{.name = name,
                .type = type_named(json.at("dtype").get<std::string>(), where),
                .shape = {},
                .begin = json.at("data_offsets").at(0).get<uint64_t>(),
                .end = json.at("data_offsets").at(1).get<uint64_t>()};
    for (const auto& size : json.at("shape")) {
      if (!size.is_number_unsigned()) refuse(where, got_expected(cat("size ", size.dump()), "a whole number"));
      entry.shape.push_back(size.get<int64_t>());
    }
    if (json.at("data_offsets").size() != 2 || json.size() != 3 || !json.at("data_offsets")[0].is_number_unsigned()) {
      refuse(where, "expected dtype, shape and two data_offsets");
    }
    const uint64_t expected = byte_count(entry, where);
    if (entry.end < entry.begin || entry.end - entry.begin != expected) {
      refuse(where, cat("bytes ", entry.begin, " .. ", entry.end, ": ",
                        got_expected(cat(entry.end - entry.begin, " bytes"), cat(expected, " for ", c10::IntArrayRef(entry.shape)))));
    }
    return entry;
  } catch (const Json::exception& error) {
    refuse(where, error.what());
  }
}

/// Tensors must follow each other without overlap or hole and fill the file.
void check_layout(std::vector<Entry>& entries, uint64_t size, const std::string& file) {
  std::sort(entries.begin(), entries.end(),
            [](const Entry& a, const Entry& b) { return std::tie(a.begin, a.end) < std::tie(b.begin, b.end); });
  uint64_t next = 0;
  for (const auto& entry : entries) {
    if (entry.begin != next) {
      refuse(cat(file, ", tensor '", entry.name, "'"),
             cat(entry.begin < next ? "overlaps the one before: " : "leaves a hole: ", got_expected(entry.begin, next)));
    }
    next = entry.end;
  }
  if (next != size) refuse(file, cat("truncated or oversized: ", got_expected(cat(size, " bytes of data"), next)));
}

/// Calls make(entry, first byte) for each tensor of a checked file.
template <class Make>
TensorFile parse(std::span<std::byte> bytes, const std::string& file, const Make& make) {
  if (bytes.size() < 8) refuse(file, got_expected(cat(bytes.size(), " bytes"), "at least 8"));
  uint64_t length = 0;
  std::memcpy(&length, bytes.data(), 8);
  if (length > kMaxHeader || length > bytes.size() - 8) {
    refuse(file, got_expected(cat("a header of ", length, " bytes"), cat("at most ", std::min<uint64_t>(kMaxHeader, bytes.size() - 8))));
  }
  const std::string text(reinterpret_cast<const char*>(bytes.data()) + 8, length);
  if (text.empty() || text[0] != '{') refuse(file, "header does not begin with '{'");
  const Json header = parse_header(text, file);
  TensorFile result;
  std::vector<Entry> entries;
  for (const auto& [name, value] : header.items()) {
    if (name != "__metadata__") {
      entries.push_back(read_entry(name, value, file));
      continue;
    }
    for (const auto& [key, item] : value.items()) {
      if (!item.is_string()) refuse(file, cat("metadata '", key, "': ", got_expected(item.dump(), "text")));
      result.metadata[key] = item.template get<std::string>();
    }
  }
  const auto data = bytes.subspan(8 + length);
  check_layout(entries, data.size(), file);
  for (const auto& entry : entries) result.tensors[entry.name] = make(entry, data.data() + entry.begin);
  return result;
}

torch::Tensor copied(const Entry& entry, const std::byte* first) {
  const auto tensor = torch::empty(entry.shape, entry.type);
  if (entry.end > entry.begin) std::memcpy(tensor.data_ptr(), first, entry.end - entry.begin);
  return tensor;
}

const char* name_of(torch::ScalarType type, const std::string& where) {
  for (const auto& known : kTypes) {
    if (type == known.type) return known.name;
  }
  throw UsageError(where, cat("got dtype ", type, ", expected one that safetensors has"));
}

}  // namespace

TensorFile parse_safetensors(std::span<const std::byte> bytes, const std::string& name) {
  return parse({const_cast<std::byte*>(bytes.data()), bytes.size()}, name, copied);  // `copied` only reads
}

TensorFile read_safetensors(const std::filesystem::path& path) {
  const auto file = MappedFile::open(path);
  return parse(file->bytes(), path.string(), [&](const Entry& entry, std::byte* first) {
    const bool aligned = reinterpret_cast<uintptr_t>(first) % torch::elementSize(entry.type) == 0;
    if (!aligned || entry.begin == entry.end) return copied(entry, first);
    return torch::from_blob(first, entry.shape, [file](void*) {}, torch::TensorOptions().dtype(entry.type));
  });
}

void write_safetensors(const std::filesystem::path& path, const TensorMap& tensors,
                       const std::map<std::string, std::string>& metadata) {
  std::vector<std::pair<std::string, torch::Tensor>> sorted;
  for (const auto& [name, tensor] : tensors) sorted.emplace_back(name, tensor.detach().to(torch::kCPU).contiguous());
  std::stable_sort(sorted.begin(), sorted.end(), [](const auto& a, const auto& b) {
    return a.second.element_size() > b.second.element_size();  // widest first keeps every tensor aligned
  });
  Json header = Json::object();
  if (!metadata.empty()) header["__metadata__"] = metadata;
  uint64_t offset = 0;
  for (const auto& [name, tensor] : sorted) {
    const uint64_t end = offset + tensor.nbytes();
    header[name] = {{"dtype", name_of(tensor.scalar_type(), name)}, {"shape", tensor.sizes().vec()}, {"data_offsets", {offset, end}}};
    offset = end;
  }
  std::string text = header.dump();
  text.append((8 - text.size() % 8) % 8, ' ');
  const uint64_t length = text.size();
  AtomicFile file(path);
  file.write(&length, sizeof length);
  file.write(text);
  for (const auto& [name, tensor] : sorted) file.write(tensor.data_ptr(), tensor.nbytes());
  file.commit();
}

}  // namespace cairn::io
