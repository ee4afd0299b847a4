// What a loader hands to a task: named tensors, one row per example.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include <torch/types.h>

namespace cairn::data {

enum class Split { train, valid, test };
const char* name_of(Split split);
/// Throws UsageError with the nearest name.
Split split_named(const std::string& name);

struct Batch {
  std::map<std::string, torch::Tensor> tensors;
  torch::Tensor index;  ///< [B] int64: which examples of the set these are
  int64_t size() const { return index.defined() ? index.size(0) : 0; }
  /// Throws UsageError if there is no such tensor.
  const torch::Tensor& operator[](const std::string& name) const;
  Batch to(torch::Device device) const;
};

}  // namespace cairn::data
