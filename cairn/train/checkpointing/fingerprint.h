// Notices when a forward that is made again is not what it was: changed inputs, other shapes, other values.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "cairn/train/checkpointing/terms.h"

namespace cairn::checkpointing {

/// Autograd's count of in-place changes for each tensor, to tell whether one was changed since.
class Versions {
 public:
  Versions() = default;
  explicit Versions(const Activations& tensors);
  /// Throws UsageError naming `region` and the tensor that was changed in place.
  void check(const Activations& tensors, const std::string& region) const;

 private:
  std::vector<uint32_t> versions_;
};

/// Shape, type and, in debug mode, the checksum of values of what a region computed.
class Fingerprint {
 public:
  struct Options {
    bool values = false;  ///< debug mode: compare bits too
  };
  Fingerprint() = default;
  Fingerprint(const Activations& outputs, Options options);
  /// Throws UsageError that says what differs, naming `region`.
  void check(const Activations& again, const std::string& region) const;
  int64_t bytes() const;  ///< of the tensors it describes

 private:
  struct Print {
    bool defined = false;
    std::vector<int64_t> sizes;
    torch::ScalarType dtype = torch::kFloat32;
    int64_t bytes = 0;
    uint32_t checksum = 0;
  };
  static Print print_of(const torch::Tensor& tensor, Options options);

  Options options_;
  std::vector<Print> prints_;
};

}  // namespace cairn::checkpointing
