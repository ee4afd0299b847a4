// Sampling with steppers against sampling with a full pass for each variable.
#include <ATen/Parallel.h>

#include "cairn/models/autoregressive/autoregressive_bench.h"
#include "cairn/models/autoregressive/model_factory.h"
#include "cairn/models/autoregressive/sampling.h"

namespace cairn::autoregressive {

namespace {

constexpr int64_t kSide = 28, kPasses = 4;

std::shared_ptr<DensityModel> random_model(const ModelConfig& config) {
  const torch::NoGradGuard no_grad;
  auto model = make_model({.config = config, .shape = {kSide, kSide}, .encoding = {}});
  model->set_frequencies(torch::full({kSide * kSide}, 0.13));  // as much ink as digits have
  return model;
}

/// Seconds of `kPasses` full passes, each of which fixes one variable, times what all D of them take.
double full_passes(DensityModel& model, int64_t images) {
  const torch::NoGradGuard no_grad;
  const int64_t D = model.variables().D();
  const auto x = torch::zeros({images, D}, torch::kUInt8);
  const double seconds = seconds_of([&] {
    for (int64_t d = 0; d < kPasses; ++d) {
      const auto log_p = model.conditionals(x, 0).select(1, d);  // of x_d = 0
      x.select(1, d).copy_(torch::rand({images}).gt(log_p.exp()));
    }
  });
  return seconds * static_cast<double>(D) / kPasses;
}

Benchmark sampling(const std::string& name, const std::string& help, int64_t images, const ModelConfig& config) {
  return {
      .name = name, .help = help, .unit = "s", .rounds = 3, .prepare = [=](const BenchmarkContext&) {
        const auto model = random_model(config);
        return Contest{
            .ours =
                [=] { return Measurement{seconds_of([&] { sample(*model, images, RandomStream(1, "sample")); }), {}}; },
            .peer = std::nullopt,
            .other_way = [=] { return Measurement{full_passes(*model, images), {}}; }};
      }};
}

Benchmark image_sampling(const std::string& kind) {
  return sampling("autoregressive/" + kind + "_sampling",
                  "100 images from " + kind + ", 7 layers of 32 features, against a full pass for each variable", 100,
                  {.kind = kind, .features = 32, .layers = 7});
}

}  // namespace

std::vector<Benchmark> sampling_benchmarks() {
  return {sampling("autoregressive/nade_sampling",
                   "1,000 images from NADE, 500 hidden units, against a full pass for each variable", 1000,
                   {.kind = "nade", .hidden = {500}}),
          sampling("autoregressive/made_sampling",
                   "1,000 images from MADE, 2 x 2000 hidden units, against a full pass for each variable", 1000,
                   {.kind = "made", .hidden = {2000, 2000}}),
          image_sampling("pixelcnn"),
          image_sampling("gated_pixelcnn"),
          image_sampling("row_lstm"),
          image_sampling("diagonal_bilstm")};
}

}  // namespace cairn::autoregressive
