// From the pickle of a PyTorch checkpoint to tensors by name and everything else as JSON.
#pragma once

#include <string>

#include "cairn/base/document.h"
#include "cairn/io/pickle.h"
#include "cairn/io/tensor_map.h"
#include "cairn/io/torch_storage.h"

namespace cairn::io {

struct TorchObjects {
  TensorMap tensors;  ///< by path: keys and places in lists joined by dots
  Json values;        ///< the rest, nested as in the file; a tensor leaves no entry in a dict and null in a list
};

/// Whether a checkpoint's pickle may name it.
bool is_torch_global(std::string_view module, std::string_view name);

/// Throws InputError naming `file` and the byte for a call that does not mean what PyTorch writes, a tensor that
/// reaches beyond its storage, two tensors of one name, and for values nested deeper than 64 or repeated without bound.
TorchObjects read_torch_objects(const Pickle& pickle, TorchStorages& storages, const std::string& file);

}  // namespace cairn::io
