#include "cairn/io/torch_tensors.h"

#include <algorithm>
#include <cstring>

#include "cairn/base/error.h"
#include "cairn/io/numpy_types.h"
#include "cairn/io/tensor_map.h"

namespace cairn::io {

using Kind = PickleValue::Kind;

namespace {

[[noreturn]] void refuse(const PickleValue& value, const std::string& file, const std::string& what) {
  throw InputError(file, cat("byte ", value.offset, ": ", what));
}

void expect(const PickleValue& value, Kind kind, const std::string& file) {
  if (!value.is(kind)) refuse(value, file, got_expected(name_of(value.kind), name_of(kind)));
}

int64_t count_at_least_0(const PickleValue& value, const std::string& file) {
  expect(value, Kind::integer, file);
  if (value.integer < 0) refuse(value, file, got_expected(value.integer, "0 or more"));
  return value.integer;
}

/// A tuple of sizes, or torch.Size of one.
std::vector<int64_t> sizes_of(const PickleValue& value, const std::string& file) {
  const bool wrapped = value.is(Kind::object) && callable_of(value).role == TorchRole::sequence;
  const PickleValue& tuple = wrapped ? argument(value, 0, file) : value;
  expect(tuple, Kind::tuple, file);
  std::vector<int64_t> sizes;
  for (const PickleValue* item : tuple.items) sizes.push_back(count_at_least_0(*item, file));
  return sizes;
}

struct View {
  torch::ScalarType type;
  uint64_t first;  ///< element of the storage
  std::vector<int64_t> sizes, strides;
};

/// One past the last element of the storage that the view touches; nothing if that cannot be counted.
std::optional<uint64_t> end_of(const View& view) {
  uint64_t last = view.first, reach = 0;
  for (size_t i = 0; i < view.sizes.size(); ++i) {
    if (view.sizes[i] == 0) return 0;
    const auto steps = static_cast<uint64_t>(view.sizes[i] - 1), stride = static_cast<uint64_t>(view.strides[i]);
    if (__builtin_mul_overflow(steps, stride, &reach) || __builtin_add_overflow(last, reach, &last))
      return std::nullopt;
  }
  return last < std::numeric_limits<int64_t>::max() ? std::optional(last + 1) : std::nullopt;
}

void check(const View& view, const PickleValue& value, uint64_t storage_bytes, uint64_t file_bytes,
           const std::string& file) {
  const c10::IntArrayRef sizes(view.sizes), strides(view.strides);
  if (sizes.size() != strides.size())
    refuse(value, file, got_expected(cat("strides ", strides), cat("one for each of ", sizes)));
  const auto bytes = byte_count(view.sizes, view.type);
  constexpr uint64_t kSmall = 1 << 16;
  if (!bytes || *bytes > std::max(file_bytes, kSmall)) {
    refuse(value, file, got_expected(cat("a tensor of shape ", sizes), "one that the file can hold"));
  }
  const auto end = end_of(view);
  const uint64_t held = storage_bytes / torch::elementSize(view.type);
  if (!end || *end > held || (*bytes == 0 && view.first > held)) {
    refuse(value, file,
           cat("got a tensor of shape ", sizes, ", strides ", strides, " from element ", view.first,
               ", expected one within its storage's ", held, " elements"));
  }
}

torch::Tensor make_view(const PickleValue& value, const StorageClaim& claim, View view, TorchStorages& storages,
                        const std::string& file) {
  if (__builtin_add_overflow(view.first, claim.first, &view.first)) refuse(value, file, "an offset too large to count");
  const torch::Tensor storage = storages.at(claim, file);
  check(view, value, storage.nbytes(), storages.file_bytes(), file);
  auto tensor = torch::empty({0}, view.type);
  return tensor.set_(storage.storage(), static_cast<int64_t>(view.first), view.sizes, view.strides);
}

/// {"conj": True}: the tensor is the conjugate of what the storage holds; "neg" likewise.
torch::Tensor with_metadata(torch::Tensor tensor, const PickleValue& metadata, const std::string& file) {
  if (metadata.is(Kind::none)) return tensor;
  expect(metadata, Kind::dict, file);
  for (size_t i = 0; i + 1 < metadata.items.size(); i += 2) {
    const PickleValue &key = *metadata.items[i], &on = *metadata.items[i + 1];
    const bool known = key.text == "conj" || key.text == "neg";
    if (!known || !on.is(Kind::boolean)) refuse(key, file, "got metadata of a tensor other than conj and neg");
    if (on.integer && key.text == "conj" && tensor.is_complex()) tensor = tensor.conj();
    if (on.integer && key.text == "neg") tensor = torch::_neg_view(tensor);
  }
  return tensor;
}

/// `arguments`: storage, offset, sizes, strides, requires_grad, hooks, [dtype if `typed`], [metadata].
torch::Tensor rebuild(const PickleValue& value, const std::vector<const PickleValue*>& arguments, bool typed,
                      TorchStorages& storages, const std::string& file) {
  if (arguments.size() < (typed ? 7 : 4))
    refuse(value, file, got_expected(cat(arguments.size(), " arguments"), typed ? 7 : 4));
  expect(*arguments[0], Kind::persistent, file);
  const StorageClaim claim = StorageClaim::of(*arguments[0], file);
  auto type = claim.type;
  if (typed) {
    const auto* named = arguments[6]->is(Kind::global) ? find_torch_global(arguments[6]->text) : nullptr;
    if (!named || named->role != TorchRole::dtype) refuse(*arguments[6], file, "expected a dtype");
    type = named->type;
  }
  if (!type) refuse(value, file, "got a storage without a dtype");
  const View view{.type = *type,
                  .first = static_cast<uint64_t>(count_at_least_0(*arguments[1], file)),
                  .sizes = sizes_of(*arguments[2], file),
                  .strides = sizes_of(*arguments[3], file)};
  const torch::Tensor tensor = make_view(value, claim, view, storages, file);
  const size_t metadata = typed ? 7 : 6;
  return arguments.size() > metadata ? with_metadata(tensor, *arguments[metadata], file) : tensor;
}

/// (function, type, its arguments, state)
torch::Tensor rebuild_from_type(const PickleValue& value, TorchStorages& storages, const std::string& file) {
  const PickleValue &function = argument(value, 0, file), &arguments = argument(value, 2, file);
  expect(function, Kind::global, file);
  expect(arguments, Kind::tuple, file);
  const TorchRole role = find_torch_global(function.text)->role;
  if (role != TorchRole::rebuild_tensor && role != TorchRole::rebuild_typed) {
    refuse(value, file, got_expected(function.text, "a function that makes a tensor"));
  }
  return rebuild(value, arguments.items, role == TorchRole::rebuild_typed, storages, file);
}

struct NumpyType {
  torch::ScalarType type;
  bool big_endian = false;
};

/// numpy.dtype("f8", ...) with the state (version, "<", ...).
NumpyType numpy_type_of(const PickleValue& value, const std::string& file) {
  if (!value.is(Kind::object) || callable_of(value).role != TorchRole::numpy_dtype)
    refuse(value, file, "expected a NumPy dtype");
  const auto type = numpy_type(argument(value, 0, file).text);
  if (!type)
    refuse(value, file, got_expected(cat("NumPy's dtype '", argument(value, 0, file).text, "'"), "a number or bool"));
  const PickleValue* state = value.state;
  const bool ordered = state && state->is(Kind::tuple) && state->items.size() > 1;
  return {.type = *type, .big_endian = ordered && state->items[1]->text == ">"};
}

torch::Tensor numpy_values(const PickleValue& value, NumpyType type, std::vector<int64_t> sizes,
                           const std::string& bytes, const std::string& file) {
  const auto expected = byte_count(sizes, type.type);
  if (!expected || *expected != bytes.size()) {
    refuse(value, file,
           cat("NumPy array of shape ", c10::IntArrayRef(sizes), ": ",
               got_expected(cat(bytes.size(), " bytes"), expected ? cat(*expected) : "sizes that can be counted")));
  }
  auto array = torch::empty(sizes, type.type);
  if (!bytes.empty()) std::memcpy(array.data_ptr(), bytes.data(), bytes.size());
  if (type.big_endian) swap_byte_order(array);
  return array;
}

/// State: (version, shape, dtype, fortran, bytes).
torch::Tensor read_numpy_array(const PickleValue& value, const std::string& file) {
  if (!value.state) refuse(value, file, "got a NumPy array without values");
  expect(*value.state, Kind::tuple, file);
  const auto& state = value.state->items;
  if (state.size() != 5) refuse(value, file, got_expected(cat("a state of ", state.size()), "5 parts"));
  expect(*state[3], Kind::boolean, file);
  auto sizes = sizes_of(*state[1], file);
  const bool fortran = state[3]->integer != 0;
  if (fortran) std::reverse(sizes.begin(), sizes.end());
  const auto array = numpy_values(value, numpy_type_of(*state[2], file), sizes, read_bytes(*state[4], file), file);
  if (!fortran) return array;
  std::vector<int64_t> axes(sizes.size());
  for (size_t i = 0; i < axes.size(); ++i) axes[i] = static_cast<int64_t>(axes.size() - 1 - i);
  return array.permute(axes).contiguous();
}

/// Each character is one byte: UTF-8 of code points below 256.
std::string latin1(const PickleValue& text, const std::string& file) {
  std::string bytes;
  for (size_t i = 0; i < text.text.size(); ++i) {
    const auto lead = static_cast<unsigned char>(text.text[i]);
    if (lead < 0x80) {
      bytes += static_cast<char>(lead);
    } else if ((lead == 0xC2 || lead == 0xC3) && i + 1 < text.text.size()) {
      bytes += static_cast<char>((lead & 3) << 6 | (static_cast<unsigned char>(text.text[++i]) & 0x3F));
    } else {
      refuse(text, file, "got a character that is no byte");
    }
  }
  return bytes;
}

}  // namespace

const TorchGlobal& callable_of(const PickleValue& object) {
  return *find_torch_global(object.callable->text);  // the machine let only known ones through
}

const PickleValue& argument(const PickleValue& object, size_t index, const std::string& file) {
  const auto& given = object.arguments->items;
  if (index >= given.size()) {
    refuse(object, file, cat(object.callable->text, ": ", got_expected(cat(given.size(), " arguments"), "more")));
  }
  return *given[index];
}

std::string read_bytes(const PickleValue& given, const std::string& file) {
  const bool wrapped = given.is(Kind::object) && callable_of(given).role == TorchRole::scalar;  // bytearray(b"...")
  if (wrapped && given.arguments->items.empty()) return "";
  const PickleValue& value = wrapped ? argument(given, 0, file) : given;
  if (value.is(Kind::bytes) || value.is(Kind::text)) return value.text;
  if (value.is(Kind::object) && callable_of(value).role == TorchRole::encode) {
    const PickleValue& text = argument(value, 0, file);
    expect(text, Kind::text, file);
    if (argument(value, 1, file).text != "latin1") refuse(value, file, "expected the encoding latin1");
    return latin1(text, file);
  }
  refuse(value, file, got_expected(name_of(value.kind), "bytes"));
}

torch::Tensor read_numpy_scalar(const PickleValue& value, const std::string& file) {
  const auto type = numpy_type_of(argument(value, 0, file), file);
  return numpy_values(value, type, {}, read_bytes(argument(value, 1, file), file), file);
}

std::optional<torch::Tensor> read_torch_tensor(const PickleValue& value, TorchStorages& storages,
                                               const std::string& file) {
  if (value.is(Kind::persistent)) {  // a storage by itself
    const StorageClaim claim = StorageClaim::of(value, file);
    const auto type = claim.type.value_or(torch::kUInt8);
    const auto count = static_cast<int64_t>(claim.bytes / torch::elementSize(type));
    return make_view(value, claim, {.type = type, .first = 0, .sizes = {count}, .strides = {1}}, storages, file);
  }
  if (!value.is(Kind::object)) return std::nullopt;
  switch (callable_of(value).role) {
    case TorchRole::rebuild_tensor:
      return rebuild(value, value.arguments->items, /*typed=*/false, storages, file);
    case TorchRole::rebuild_typed:
      return rebuild(value, value.arguments->items, /*typed=*/true, storages, file);
    case TorchRole::rebuild_from_type:
      return rebuild_from_type(value, storages, file);
    case TorchRole::numpy_array:
      return read_numpy_array(value, file);
    case TorchRole::rebuild_parameter: {
      const PickleValue& data = argument(value, 0, file);
      const bool nested = data.is(Kind::object) && callable_of(data).role == TorchRole::rebuild_parameter;
      auto tensor = nested ? std::nullopt : read_torch_tensor(data, storages, file);
      if (!tensor) refuse(value, file, "got a parameter without a tensor");
      return tensor;
    }
    default:
      return std::nullopt;
  }
}

}  // namespace cairn::io
