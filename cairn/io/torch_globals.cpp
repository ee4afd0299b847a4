#include "cairn/io/torch_globals.h"

#include <algorithm>

namespace cairn::io {

namespace {

using enum TorchRole;

constexpr TorchGlobal kGlobals[] = {
    {"torch._utils", "_rebuild_tensor", rebuild_tensor},
    {"torch._utils", "_rebuild_tensor_v2", rebuild_tensor},
    {"torch._utils", "_rebuild_tensor_v3", rebuild_typed},
    {"torch._utils", "_rebuild_parameter", rebuild_parameter},
    {"torch._utils", "_rebuild_parameter_with_state", rebuild_parameter},
    {"torch._tensor", "_rebuild_from_type", rebuild_from_type},
    {"torch._tensor", "_rebuild_from_type_v2", rebuild_from_type},
    {"torch", "Tensor", type},
    {"torch.nn.parameter", "Parameter", type},
    {"torch.nn.parameter", "Buffer", type},

    {"torch", "DoubleStorage", storage, torch::kFloat64},
    {"torch", "FloatStorage", storage, torch::kFloat32},
    {"torch", "HalfStorage", storage, torch::kFloat16},
    {"torch", "BFloat16Storage", storage, torch::kBFloat16},
    {"torch", "LongStorage", storage, torch::kInt64},
    {"torch", "IntStorage", storage, torch::kInt32},
    {"torch", "ShortStorage", storage, torch::kInt16},
    {"torch", "CharStorage", storage, torch::kInt8},
    {"torch", "ByteStorage", storage, torch::kUInt8},
    {"torch", "BoolStorage", storage, torch::kBool},
    {"torch", "ComplexDoubleStorage", storage, torch::kComplexDouble},
    {"torch", "ComplexFloatStorage", storage, torch::kComplexFloat},
    {"torch.storage", "UntypedStorage", storage},
    {"torch.cuda", "DoubleStorage", storage, torch::kFloat64},
    {"torch.cuda", "FloatStorage", storage, torch::kFloat32},
    {"torch.cuda", "HalfStorage", storage, torch::kFloat16},
    {"torch.cuda", "BFloat16Storage", storage, torch::kBFloat16},
    {"torch.cuda", "LongStorage", storage, torch::kInt64},
    {"torch.cuda", "IntStorage", storage, torch::kInt32},
    {"torch.cuda", "ShortStorage", storage, torch::kInt16},
    {"torch.cuda", "CharStorage", storage, torch::kInt8},
    {"torch.cuda", "ByteStorage", storage, torch::kUInt8},
    {"torch.cuda", "BoolStorage", storage, torch::kBool},

    {"torch", "float64", dtype, torch::kFloat64},
    {"torch", "float32", dtype, torch::kFloat32},
    {"torch", "float16", dtype, torch::kFloat16},
    {"torch", "bfloat16", dtype, torch::kBFloat16},
    {"torch", "int64", dtype, torch::kInt64},
    {"torch", "int32", dtype, torch::kInt32},
    {"torch", "int16", dtype, torch::kInt16},
    {"torch", "int8", dtype, torch::kInt8},
    {"torch", "uint8", dtype, torch::kUInt8},
    {"torch", "uint16", dtype, torch::kUInt16},
    {"torch", "uint32", dtype, torch::kUInt32},
    {"torch", "uint64", dtype, torch::kUInt64},
    {"torch", "bool", dtype, torch::kBool},
    {"torch", "complex128", dtype, torch::kComplexDouble},
    {"torch", "complex64", dtype, torch::kComplexFloat},
    {"torch", "complex32", dtype, torch::kComplexHalf},
    {"torch", "float8_e5m2", dtype, torch::kFloat8_e5m2},
    {"torch", "float8_e4m3fn", dtype, torch::kFloat8_e4m3fn},
    {"torch", "float8_e5m2fnuz", dtype, torch::kFloat8_e5m2fnuz},
    {"torch", "float8_e4m3fnuz", dtype, torch::kFloat8_e4m3fnuz},
    {"torch", "float8_e8m0fnu", dtype, torch::kFloat8_e8m0fnu},

    {"torch", "Size", sequence},
    {"torch", "device", device},
    {"torch.serialization", "_get_layout", scalar},
    {"collections", "OrderedDict", mapping},
    {"collections", "defaultdict", mapping},
    {"collections", "Counter", mapping},
    {"argparse", "Namespace", attributes},
    {"types", "SimpleNamespace", attributes},

    {"builtins", "set", sequence},
    {"builtins", "frozenset", sequence},
    {"builtins", "list", sequence},
    {"builtins", "tuple", sequence},
    {"builtins", "dict", mapping},
    {"builtins", "int", scalar},
    {"builtins", "float", scalar},
    {"builtins", "bool", scalar},
    {"builtins", "str", scalar},
    {"builtins", "bytes", scalar},
    {"builtins", "bytearray", scalar},
    {"builtins", "complex", complex},
    {"__builtin__", "set", sequence},
    {"__builtin__", "frozenset", sequence},
    {"__builtin__", "list", sequence},
    {"__builtin__", "tuple", sequence},
    {"__builtin__", "dict", mapping},
    {"__builtin__", "int", scalar},
    {"__builtin__", "long", scalar},
    {"__builtin__", "float", scalar},
    {"__builtin__", "bool", scalar},
    {"__builtin__", "str", scalar},
    {"__builtin__", "bytes", scalar},
    {"__builtin__", "bytearray", scalar},
    {"__builtin__", "complex", complex},
    {"_codecs", "encode", encode},

    {"pathlib", "PosixPath", path},
    {"pathlib", "PurePosixPath", path},
    {"pathlib", "WindowsPath", path},
    {"pathlib", "PureWindowsPath", path},
    {"pathlib", "Path", path},
    {"pathlib._local", "PosixPath", path},
    {"pathlib._local", "WindowsPath", path},

    {"numpy", "dtype", numpy_dtype},
    {"numpy", "ndarray", type},
    {"numpy.core.multiarray", "scalar", numpy_scalar},
    {"numpy.core.multiarray", "_reconstruct", numpy_array},
    {"numpy._core.multiarray", "scalar", numpy_scalar},
    {"numpy._core.multiarray", "_reconstruct", numpy_array},
};

}  // namespace

const TorchGlobal* find_torch_global(std::string_view module, std::string_view name) {
  for (const auto& known : kGlobals) {
    if (known.module == module && known.name == name) return &known;
  }
  return nullptr;
}

const TorchGlobal* find_torch_global(std::string_view full_name) {
  const size_t dot = full_name.rfind('.');
  return dot == std::string_view::npos ? nullptr
                                       : find_torch_global(full_name.substr(0, dot), full_name.substr(dot + 1));
}

const TorchGlobal* torch_global_of(torch::ScalarType type) {
  const auto* found =
      std::find_if(std::begin(kGlobals), std::end(kGlobals), [&](const auto& g) { return g.type == type; });
  return found == std::end(kGlobals) ? nullptr : found;
}

std::string dtype_name(torch::ScalarType type) {
  for (const auto& known : kGlobals) {
    if (known.role == TorchRole::dtype && known.type == type) return std::string(known.name);
  }
  return c10::toString(type);
}

}  // namespace cairn::io
