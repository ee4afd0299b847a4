// An array from whatever file holds one: .npy, .npz, idx, idx.gz.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include <torch/types.h>

namespace cairn::io {

/// What a user types for an array: a file, or "FILE.npz:NAME" for one of several.
struct ArrayName {
  std::filesystem::path file;
  std::optional<std::string> member;

  static ArrayName parse(const std::string& text);
};

/// Chooses the reader by the file's first bytes. Throws InputError, with what is supported, for any other file.
torch::Tensor read_array(const std::string& name);

}  // namespace cairn::io
