#include "cairn/train/checkpointing/fingerprint.h"

#include "cairn/base/crc32c.h"
#include "cairn/base/error.h"

namespace cairn::checkpointing {

namespace {

uint32_t version_of(const torch::Tensor& tensor) {
  return tensor.defined() && !tensor.is_inference() ? static_cast<uint32_t>(tensor._version()) : 0;
}

uint32_t checksum(const torch::Tensor& tensor) {
  const auto bytes = tensor.detach().cpu().contiguous();
  return crc32c(bytes.data_ptr(), bytes.nbytes());
}

constexpr const char* kHidden =
    "; what it computes must follow from its inputs, its parameters and LibTorch's random numbers alone";

}  // namespace

Versions::Versions(const Activations& tensors) {
  for (const auto& tensor : tensors) versions_.push_back(version_of(tensor));
}

void Versions::check(const Activations& tensors, const std::string& region) const {
  for (size_t i = 0; i < tensors.size(); ++i) {
    if (version_of(tensors[i]) == versions_.at(i)) continue;
    throw UsageError(region, cat("input ", i, " was changed in place after the forward (version ",
                                 got_expected(version_of(tensors[i]), versions_[i]),
                                 "), so that the forward cannot be made again; change a copy"));
  }
}

Fingerprint::Print Fingerprint::print_of(const torch::Tensor& tensor, Options options) {
  if (!tensor.defined()) return {};
  return {.defined = true,
          .sizes = tensor.sizes().vec(),
          .dtype = tensor.scalar_type(),
          .bytes = static_cast<int64_t>(tensor.nbytes()),
          .checksum = options.values ? checksum(tensor) : 0};
}

Fingerprint::Fingerprint(const Activations& outputs, Options options) : options_(options) {
  for (const auto& output : outputs) prints_.push_back(print_of(output, options));
}

void Fingerprint::check(const Activations& again, const std::string& region) const {
  const auto refuse = [&](const std::string& what) { throw UsageError(region, "recomputed: " + what + kHidden); };
  if (again.size() != prints_.size()) refuse(got_expected(cat(again.size(), " tensors"), prints_.size()));
  for (size_t i = 0; i < prints_.size(); ++i) {
    const Print now = print_of(again[i], options_), &then = prints_[i];
    if (now.defined != then.defined) refuse(cat("tensor ", i, " is defined in one forward and not in the other"));
    if (now.sizes != then.sizes) {
      refuse(cat("tensor ", i, ": ",
                 got_expected(cat("shape ", at::IntArrayRef(now.sizes)), at::IntArrayRef(then.sizes))));
    }
    if (now.dtype != then.dtype) refuse(cat("tensor ", i, ": ", got_expected(now.dtype, then.dtype)));
    if (now.checksum != then.checksum) refuse(cat("tensor ", i, " has other values than in the first forward"));
  }
}

int64_t Fingerprint::bytes() const {
  int64_t bytes = 0;
  for (const auto& print : prints_) bytes += print.bytes;
  return bytes;
}

}  // namespace cairn::checkpointing
