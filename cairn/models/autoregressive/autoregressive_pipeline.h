// The friendly face of the autoregressive density models: score, sample, complete, classify, compress.
//
//   auto model = cairn::DensityEstimator::load("path/to/model");
//   torch::Tensor nats = model.score(images);             // [N] log p(x)
//   torch::Tensor digits = model.sample({.count = 16});   // [16, 28, 28] uint8
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <torch/types.h>

#include "cairn/models/pipeline.h"

namespace cairn {

namespace autoregressive {
struct LoadedModel;
}

class DensityEstimator : public Pipeline {
 public:
  /// Throws InputError if `folder` holds no such model.
  static DensityEstimator load(const std::filesystem::path& folder);
  ~DensityEstimator() override;
  DensityEstimator(DensityEstimator&&) noexcept;

  /// Shape of one example, e.g. {28, 28}.
  const std::vector<int64_t>& shape() const;

  /// log p(x) in nats: x [N, ...] numbers as the model was trained on -> [N] float64. A joint model sums its label out.
  torch::Tensor score(const torch::Tensor& x) const;

  struct SampleOptions {
    int64_t count = 1;
    int64_t seed = 0;
    std::optional<int64_t> label;  ///< joint models with the label first
  };
  /// Exact draws from p(x), or p(x | y): [count, ...] uint8. Draw n depends on the seed and n alone.
  torch::Tensor sample(const SampleOptions& options) const;

  /// Exact draws of the unknown variables given the known ones. x [N, ...], known [...] bool -> [N, ...] uint8.
  /// Throws UsageError for a mask that the model's order does not allow.
  torch::Tensor complete(const torch::Tensor& x, const torch::Tensor& known, int64_t seed) const;

  /// p(y | x): [N, 10] float64. Throws UsageError if the model has no label.
  torch::Tensor classify(const torch::Tensor& x) const;

  /// Lossless: the bytes of a file that `decompress` opens with the same model, on any machine.
  struct Compression {
    std::vector<uint8_t> bytes;
    double ideal_bits = 0;
  };
  Compression compress(const torch::Tensor& x) const;
  /// Throws InputError, naming `source`, for a damaged file or another model's.
  torch::Tensor decompress(std::span<const uint8_t> bytes, const std::string& source) const;

  /// Which earlier pixels the conditional of pixel (row, column) depends on.
  struct View {
    torch::Tensor picture;  ///< uint8 [.., .., 3]: the pixel red, seen ones light, earlier ones it does not see orange
    int64_t seen = 0, earlier = 0;
  };
  /// Throws UsageError for a model of something else than pictures, and for a pixel outside.
  View sees(int64_t row, int64_t column) const;

  std::vector<Command> commands() override;

 private:
  explicit DensityEstimator(std::unique_ptr<autoregressive::LoadedModel> loaded);
  torch::Tensor encoded(const torch::Tensor& x) const;
  torch::Tensor shaped(const torch::Tensor& x) const;
  std::vector<uint8_t> fingerprint() const;
  void require_unlabelled(const char* task) const;

  std::unique_ptr<autoregressive::LoadedModel> loaded_;
};

}  // namespace cairn
