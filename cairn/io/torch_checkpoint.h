// PyTorch checkpoints (.pth, .pt, .th, .bin): what torch.save writes, the zip form of 2020 and the form before it.
//
// Nothing in the file is executed. Its pickle may hold containers, numbers, texts and the classes on the closed list of
// torch_globals.cpp; anything else is refused by name.
#pragma once

#include <cstddef>
#include <filesystem>
#include <span>
#include <string>

#include "cairn/base/document.h"
#include "cairn/io/tensor_map.h"

namespace cairn::io {

struct TorchCheckpoint {
  /// All tensors on the CPU, by path: keys and places in lists joined by dots ("state_dict.conv1.weight"); one that is
  /// the whole file is named "tensor". Views keep strides and share their storage, as they did when they were saved.
  TensorMap tensors;
  /// The rest, nested as in the file; tensors leave no entry in a dict and null in a list. Bytes are hexadecimal texts.
  Json values;
};

/// Whether the bytes begin as one; `name` stands for the file in the InputError that a damaged zip archive gives.
bool is_torch_checkpoint(std::span<const std::byte> bytes, const std::string& name);

/// Throws InputError naming file and byte for damage, for a size that the file cannot hold, and for what is not on the
/// closed list.
TorchCheckpoint read_torch_checkpoint(const std::filesystem::path& path);
/// The same from bytes in memory; `name` stands for the file in messages.
TorchCheckpoint parse_torch_checkpoint(std::span<const std::byte> bytes, const std::string& name);

/// Complete or absent, in the zip form, as a state dict that torch.load(weights_only=True) reads. The same tensors give
/// the same bytes. Tensors that are one tensor under two names stay one; others are written contiguously. Throws
/// UsageError for a dtype that the format lacks.
void write_torch_checkpoint(const std::filesystem::path& path, const TensorMap& tensors);

/// The state dict in a checkpoint. Its tensors are those below `section` ("state_dict", "model.encoder"), or, if that
/// is empty, below the first of "state_dict", "model_state_dict" and "model" that is a section of the file with tensors
/// in it, or else all. Then prefixes that every name has are dropped: "module." (DataParallel) and "_orig_mod."
/// (torch.compile). Throws InputError naming `file` and the sections there are if `section` holds no tensors.
TensorMap state_dict_of(const TorchCheckpoint& checkpoint, const std::string& section, const std::string& file);

}  // namespace cairn::io
