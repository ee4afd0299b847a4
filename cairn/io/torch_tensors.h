// The values of a checkpoint's pickle that stand for tensors: PyTorch's own and NumPy's.
#pragma once

#include <optional>
#include <string>

#include <torch/types.h>

#include "cairn/io/pickle.h"
#include "cairn/io/torch_globals.h"
#include "cairn/io/torch_storage.h"

namespace cairn::io {

/// A view over its storage (CPU, no gradient), as `value` describes it; nothing if it describes something else. Throws
/// InputError naming `file` and byte for a tensor that reaches beyond its storage, or whose repetition of elements
/// (stride 0) counts more bytes than the whole file.
std::optional<torch::Tensor> read_torch_tensor(const PickleValue& value, TorchStorages& storages,
                                               const std::string& file);

/// A NumPy scalar, [].
torch::Tensor read_numpy_scalar(const PickleValue& value, const std::string& file);

/// The bytes that a value stands for: bytes, a text of Python 2, or _codecs.encode(text, "latin1"). Throws InputError.
std::string read_bytes(const PickleValue& value, const std::string& file);

/// The row of the closed list that an object's callable has.
const TorchGlobal& callable_of(const PickleValue& object);

/// Argument `index` of an object. Throws InputError if there is none.
const PickleValue& argument(const PickleValue& object, size_t index, const std::string& file);

}  // namespace cairn::io
