#include "cairn/models/autoregressive/autoregressive_pipeline.h"

#include "cairn/base/error.h"
#include "cairn/models/autoregressive/classify.h"
#include "cairn/models/autoregressive/compression.h"
#include "cairn/models/autoregressive/model_factory.h"
#include "cairn/models/autoregressive/receptive_field.h"
#include "cairn/models/autoregressive/sampling.h"

namespace cairn {

using namespace autoregressive;

namespace {

constexpr int64_t kBatch = 500;

/// Applies `rows` to x a batch at a time and joins the results.
template <class Rows>
torch::Tensor in_batches(const torch::Tensor& x, std::vector<int64_t> empty_shape, const Rows& rows) {
  const torch::NoGradGuard no_grad;
  std::vector<torch::Tensor> parts{torch::empty(empty_shape, torch::kFloat64)};
  for (int64_t begin = 0; begin < x.size(0); begin += kBatch) {
    parts.push_back(rows(x.slice(0, begin, begin + kBatch)).to(torch::kFloat64));
  }
  return torch::cat(parts);
}

}  // namespace

DensityEstimator::DensityEstimator(std::unique_ptr<LoadedModel> loaded) : loaded_(std::move(loaded)) {}
DensityEstimator::~DensityEstimator() = default;
DensityEstimator::DensityEstimator(DensityEstimator&&) noexcept = default;

DensityEstimator DensityEstimator::load(const std::filesystem::path& folder) {
  return DensityEstimator(std::make_unique<LoadedModel>(load_model(folder)));
}

const std::vector<int64_t>& DensityEstimator::shape() const {
  return loaded_->spec.shape;
}

torch::Tensor DensityEstimator::encoded(const torch::Tensor& x) const {
  const auto levels = encode(x, loaded_->spec.encoding, "x");
  const int64_t D = loaded_->model->variables().D() - is_joint(loaded_->spec);
  if (levels.size(1) != D) {
    throw UsageError("x", got_expected(cat("examples of shape ", x.sizes().slice(1)), c10::IntArrayRef(shape())));
  }
  return levels;
}

torch::Tensor DensityEstimator::shaped(const torch::Tensor& x) const {
  std::vector<int64_t> sizes{x.size(0)};
  sizes.insert(sizes.end(), shape().begin(), shape().end());
  const int64_t pixels = x.size(1) - is_joint(loaded_->spec);
  return x.narrow(1, 0, pixels).reshape(sizes).contiguous();
}

torch::Tensor DensityEstimator::score(const torch::Tensor& x) const {
  DensityModel& model = *loaded_->model;
  return in_batches(encoded(x), {0}, [&](const torch::Tensor& rows) {
    return is_joint(loaded_->spec) ? marginal_log_likelihood(model, rows, model.members())
                                   : log_likelihood(model, rows);
  });
}

torch::Tensor DensityEstimator::sample(const SampleOptions& options) const {
  DensityModel& model = *loaded_->model;
  if (options.count < 0) throw UsageError("sample", got_expected(cat("count ", options.count), "0 or more"));
  auto known = nothing_known(model, options.count);
  if (options.label) {
    if (!is_joint(loaded_->spec))
      throw UsageError("sample", "got a label, expected none: the model was trained without");
    if (*options.label < 0 || *options.label >= kClasses) {
      throw UsageError("sample", got_expected(cat("label ", *options.label), cat("0 .. ", kClasses - 1)));
    }
    known.mask[-1] = true;
    known.values.select(1, -1).fill_(*options.label);
  }
  return shaped(autoregressive::complete(model, known, RandomStream(options.seed, "sample")));
}

torch::Tensor DensityEstimator::complete(const torch::Tensor& x, const torch::Tensor& known, int64_t seed) const {
  auto values = encoded(x);
  auto mask = known.reshape({-1}).to(torch::kBool);
  if (mask.size(0) != values.size(1)) {
    throw UsageError("complete", got_expected(cat("a mask of shape ", known.sizes()), c10::IntArrayRef(shape())));
  }
  if (is_joint(loaded_->spec)) {  // the label is one more unknown
    values = torch::cat({values, torch::zeros({values.size(0), 1}, values.options())}, 1);
    mask = torch::cat({mask, torch::zeros({1}, mask.options())});
  }
  return shaped(autoregressive::complete(*loaded_->model, {values, mask}, RandomStream(seed, "complete")));
}

torch::Tensor DensityEstimator::classify(const torch::Tensor& x) const {
  if (!is_joint(loaded_->spec)) {
    throw UsageError("classify", "got a model of p(x), expected a joint model p(x, y) (model.label=first or last)");
  }
  DensityModel& model = *loaded_->model;
  return in_batches(encoded(x), {0, kClasses},
                    [&](const torch::Tensor& rows) { return label_posterior(model, rows, model.members()).exp(); });
}

DensityEstimator::View DensityEstimator::sees(int64_t row, int64_t column) const {
  const auto field = receptive_field(*loaded_->model, loaded_->spec, row, column);
  return {field.picture, field.seen.sum().item<int64_t>(), field.earlier.sum().item<int64_t>()};
}

std::vector<uint8_t> DensityEstimator::fingerprint() const {
  return model_fingerprint(loaded_->spec.to_json().dump(), *loaded_->model);
}

void DensityEstimator::require_unlabelled(const char* task) const {
  if (is_joint(loaded_->spec)) {
    throw UsageError(task,
                     "got a joint model p(x, y), expected a model of p(x): its code would spend bits on the label");
  }
}

DensityEstimator::Compression DensityEstimator::compress(const torch::Tensor& x) const {
  require_unlabelled("compress");
  auto result = autoregressive::compress(*loaded_->model, encoded(x), fingerprint());
  return {std::move(result.bytes), result.ideal_bits};
}

torch::Tensor DensityEstimator::decompress(std::span<const uint8_t> bytes, const std::string& source) const {
  require_unlabelled("decompress");
  return shaped(autoregressive::decompress(*loaded_->model, bytes, fingerprint(), source));
}

}  // namespace cairn
