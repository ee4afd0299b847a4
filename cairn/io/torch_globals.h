// The closed list of classes and functions that a PyTorch checkpoint may name, and what each stands for.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <torch/types.h>

namespace cairn::io {

/// What a call of the class or function means; arguments in Python's order.
enum class TorchRole {
  rebuild_tensor,     ///< (storage, offset, sizes, strides[, requires_grad, hooks, metadata])
  rebuild_typed,      ///< (untyped storage, offset, sizes, strides, requires_grad, hooks, dtype[, metadata])
  rebuild_parameter,  ///< (tensor, ...)
  rebuild_from_type,  ///< (function, type, its arguments, state)
  storage,            ///< names the dtype of a persistent storage
  dtype,
  type,          ///< only ever an argument
  mapping,       ///< items set afterwards, or a dict or a list of pairs as an argument
  attributes,    ///< an object whose state is a dict
  sequence,      ///< (items)
  scalar,        ///< (value)
  complex,       ///< (real, imaginary)
  device,        ///< (kind[, index])
  path,          ///< (part, part, ...)
  encode,        ///< (text, "latin1"): bytes
  numpy_dtype,   ///< (name, ...), byte order in its state
  numpy_scalar,  ///< (dtype, bytes)
  numpy_array,   ///< state: (version, shape, dtype, fortran, bytes)
};

struct TorchGlobal {
  std::string_view module, name;
  TorchRole role;
  std::optional<torch::ScalarType> type = std::nullopt;  ///< of a storage or dtype; none for the untyped storage
};

/// Null for a name that is not on the list. Python 2's modules have their own rows.
const TorchGlobal* find_torch_global(std::string_view module, std::string_view name);
const TorchGlobal* find_torch_global(std::string_view full_name);

/// The row that writes tensors of that dtype: a storage class of its own, or the dtype to go with an untyped storage.
/// Null for a dtype that PyTorch's checkpoints cannot hold.
const TorchGlobal* torch_global_of(torch::ScalarType type);

/// "float32", "float8_e4m3fn": PyTorch's name of a dtype.
std::string dtype_name(torch::ScalarType type);

}  // namespace cairn::io
