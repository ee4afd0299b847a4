// NumPy's .npz: a zip archive of .npy files, stored (np.savez) or compressed (np.savez_compressed).
#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "cairn/io/tensor_map.h"
#include "cairn/io/zip.h"

namespace cairn::io {

/// Whether the archive holds .npy files.
bool is_npz(const ZipReader& archive);

/// All arrays by name, without ".npy". Throws InputError naming file and member.
TensorMap read_npz(const std::filesystem::path& path);
TensorMap parse_npz(std::span<const std::byte> bytes, const std::string& name);

/// One array. Without a name the file must hold exactly one. Throws InputError that lists the names it holds.
torch::Tensor parse_npz_array(std::span<const std::byte> bytes, const std::string& name,
                              const std::optional<std::string>& array);

/// Complete or absent; the same arrays give the same bytes. Throws UsageError for a dtype that NumPy lacks.
void write_npz(const std::filesystem::path& path, const TensorMap& arrays,
               ZipWriter::Method method = ZipWriter::Method::stored);

}  // namespace cairn::io
