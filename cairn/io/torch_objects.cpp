// A walk over a checkpoint's values that takes tensors out and turns the rest into JSON.
#include "cairn/io/torch_objects.h"

#include <map>

#include "cairn/base/error.h"
#include "cairn/base/text.h"
#include "cairn/io/torch_globals.h"
#include "cairn/io/torch_tensors.h"

namespace cairn::io {

using Kind = PickleValue::Kind;

bool is_torch_global(std::string_view module, std::string_view name) {
  return find_torch_global(module, name) != nullptr;
}

namespace {

constexpr int kMaxDepth = 64;
constexpr size_t kMaxPath = 512;
constexpr size_t kMaxTensors = size_t{1} << 20;

std::string hex(const std::string& bytes) {
  std::string text = "0x";
  for (const unsigned char byte : bytes) text += {"0123456789abcdef"[byte >> 4], "0123456789abcdef"[byte & 15]};
  return text;
}

Json to_json(const torch::Tensor& scalar) {
  if (scalar.is_complex()) {
    const auto value = scalar.item<c10::complex<double>>();
    return {value.real(), value.imag()};
  }
  if (scalar.scalar_type() == torch::kBool) return scalar.item<bool>();
  if (scalar.is_floating_point()) return scalar.item<double>();
  return scalar.item<int64_t>();
}

class Walk {
 public:
  /// A tree in which nothing is repeated costs one for each byte of its pickle, so twice that is room for honest
  /// sharing.
  Walk(const Pickle& pickle, TorchStorages& storages, const std::string& file)
      : storages_(storages), file_(file), budget_(2 * pickle.size() + 1000) {}

  TorchObjects run(const PickleValue& root) {
    auto rest = visit(root, "", 0);
    objects_.values = rest ? std::move(*rest) : Json();
    return std::move(objects_);
  }

 private:
  [[noreturn]] void refuse(const PickleValue& value, const std::string& what) const {
    throw InputError(file_, cat("byte ", value.offset, ": ", what));
  }

  void pay(const PickleValue& value, uint64_t cost) {
    if (cost > budget_) refuse(value, "the same values are repeated more often than the file's size can justify");
    budget_ -= cost;
  }

  void keep(const PickleValue& value, const std::string& path, const torch::Tensor& tensor) {
    if (objects_.tensors.size() == kMaxTensors)
      refuse(value, got_expected("more tensors", cat("at most ", kMaxTensors)));
    if (!objects_.tensors.emplace(path.empty() ? "tensor" : path, tensor).second) {
      refuse(value, cat("two tensors are named '", path, "'"));
    }
  }

  std::string below(const PickleValue& value, const std::string& path, const std::string& key) const {
    if (path.size() + key.size() > kMaxPath) refuse(value, cat("a name of more than ", kMaxPath, " bytes"));
    return path.empty() ? key : cat(path, ".", key);
  }

  /// JSON of what is no tensor; nothing for a tensor, which is kept under `path`.
  std::optional<Json> visit(const PickleValue& value, const std::string& path, int depth) {
    if (depth > kMaxDepth) refuse(value, got_expected("deeper nesting", cat("at most ", kMaxDepth, " levels")));
    pay(value, 1 + value.text.size());
    switch (value.kind) {
      case Kind::none:
        return Json();
      case Kind::boolean:
        return Json(value.integer != 0);
      case Kind::integer:
        return Json(value.integer);
      case Kind::number:
        return Json(value.number);
      case Kind::text:
        return Json(value.text);
      case Kind::bytes:
        return Json(hex(value.text));
      case Kind::global:
        return Json(value.text);
      case Kind::list:
      case Kind::tuple:
      case Kind::set:
        return sequence(value.items, path, depth);
      case Kind::dict:
        return mapping(value.items, path, depth);
      case Kind::object:
      case Kind::persistent:
        break;
    }
    if (const auto tensor = read_torch_tensor(value, storages_, file_)) {
      pay(value, value.is(Kind::object) && callable_of(value).role == TorchRole::numpy_array ? tensor->nbytes() : 0);
      keep(value, path, *tensor);
      return std::nullopt;
    }
    return object(value, path, depth);
  }

  Json sequence(const std::vector<const PickleValue*>& items, const std::string& path, int depth) {
    Json list = Json::array();
    for (size_t i = 0; i < items.size(); ++i) {
      auto item = visit(*items[i], below(*items[i], path, cat(i)), depth + 1);
      list.push_back(item ? std::move(*item) : Json());
    }
    return list;
  }

  Json mapping(const std::vector<const PickleValue*>& items, const std::string& path, int depth) {
    std::map<std::string, Json> values;  // Json itself seeks its keys one by one
    for (size_t i = 0; i + 1 < items.size(); i += 2) {
      const std::string key = key_text(*items[i]);
      if (auto value = visit(*items[i + 1], below(*items[i], path, key), depth + 1)) values[key] = std::move(*value);
    }
    return values;
  }

  std::string key_text(const PickleValue& key) {
    pay(key, 1 + key.text.size());
    switch (key.kind) {
      case Kind::none:
        return "None";
      case Kind::boolean:
        return key.integer ? "True" : "False";
      case Kind::integer:
        return cat(key.integer);
      case Kind::number:
        return exact(key.number);
      case Kind::text:
      case Kind::global:
        return key.text;
      case Kind::tuple:
        return tuple_text(key);
      default:
        refuse(key, got_expected(cat("a key of kind ", name_of(key.kind)), "a text or a number"));
    }
  }

  std::string tuple_text(const PickleValue& tuple) {
    std::vector<std::string> parts;
    for (const PickleValue* item : tuple.items) {
      if (item->is(Kind::tuple)) refuse(tuple, "got a key of nested tuples, expected a text or a number");
      parts.push_back(key_text(*item));
    }
    return cat("(", join(parts, ", "), ")");
  }

  Json object(const PickleValue& value, const std::string& path, int depth) {
    const TorchGlobal& callable = callable_of(value);
    const auto& arguments = value.arguments->items;
    switch (callable.role) {
      case TorchRole::mapping:
        return mapping(entries(value), path, depth);
      case TorchRole::attributes:
        return value.state && value.state->is(Kind::dict) ? mapping(value.state->items, path, depth) : Json::object();
      case TorchRole::sequence:
        return arguments.empty() ? Json::array() : nothing_as_null(visit(*arguments[0], path, depth + 1));
      case TorchRole::scalar:
        return arguments.empty() ? Json() : nothing_as_null(visit(*arguments[0], path, depth + 1));
      case TorchRole::complex:
        return sequence(arguments, path, depth);
      case TorchRole::encode: {
        const std::string bytes = read_bytes(value, file_);
        pay(value, bytes.size());
        return hex(bytes);
      }
      case TorchRole::device:
        return joined(value, ":");
      case TorchRole::path:
        return joined(value, "/");
      case TorchRole::numpy_scalar:
        return to_json(read_numpy_scalar(value, file_));
      case TorchRole::numpy_dtype:
        return argument(value, 0, file_).text;
      default:
        refuse(value, cat("got a call of ", callable.module, ".", callable.name, ", which makes nothing by itself"));
    }
  }

  static Json nothing_as_null(std::optional<Json> value) { return value ? std::move(*value) : Json(); }

  /// Items set on it, after those it was made with: a dict, or (Python 2) a list of pairs.
  std::vector<const PickleValue*> entries(const PickleValue& value) {
    std::vector<const PickleValue*> items;
    for (const PickleValue* given : value.arguments->items) {
      if (given->is(Kind::dict)) items.insert(items.end(), given->items.begin(), given->items.end());
      if (!given->is(Kind::list)) continue;
      for (const PickleValue* pair : given->items) {
        const bool two = (pair->is(Kind::list) || pair->is(Kind::tuple)) && pair->items.size() == 2;
        if (!two) refuse(*pair, got_expected(name_of(pair->kind), "a pair of key and value"));
        items.insert(items.end(), pair->items.begin(), pair->items.end());
      }
    }
    items.insert(items.end(), value.items.begin(), value.items.end());
    return items;
  }

  Json joined(const PickleValue& value, const char* separator) {
    std::vector<std::string> parts;
    for (const PickleValue* part : value.arguments->items) {
      pay(*part, 1 + part->text.size());
      parts.push_back(part->is(Kind::integer) ? cat(part->integer) : part->text);
    }
    return join(parts, separator);
  }

  TorchStorages& storages_;
  const std::string& file_;
  uint64_t budget_;
  TorchObjects objects_;
};

}  // namespace

TorchObjects read_torch_objects(const Pickle& pickle, TorchStorages& storages, const std::string& file) {
  return Walk(pickle, storages, file).run(pickle.root());
}

}  // namespace cairn::io
