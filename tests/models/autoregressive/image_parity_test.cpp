// Image models against PyTorch's layers with square masked filters and loops; tests/golden/make_pixelcnn.py printed the
// numbers.
#include <fstream>

#include "cairn/base/document.h"
#include "cairn/base/error.h"
#include "small_models.h"

namespace cairn::autoregressive {
namespace {

constexpr int64_t kCount = 3, kRows = 4, kColumns = 5;

struct Case {
  std::string kind;
  int64_t channels, levels;
};

void PrintTo(const Case& c, std::ostream* out) {
  *out << c.kind << " " << c.channels << " " << c.levels;
}

class ImageParity : public testing::TestWithParam<Case> {};

/// As the script fills it: a sine over each parameter's elements, its phase the parameter's place in the alphabet.
std::shared_ptr<DensityModel> filled(const Case& c) {
  ModelConfig config{.kind = c.kind, .features = 6, .layers = 2, .kernel = 3, .first_kernel = 5, .head = 9};
  config.label = "first";
  const auto model =
      make_model({.config = config, .shape = {kRows, kColumns, c.channels}, .encoding = {.levels = c.levels}});
  model->to(torch::kFloat64);
  const torch::NoGradGuard no_grad;
  std::map<std::string, torch::Tensor> sorted;
  for (const auto& item : model->named_parameters()) sorted[item.key()] = item.value();
  int64_t place = 0;
  for (auto& [name, tensor] : sorted) {
    const auto wave = torch::sin(0.7 * torch::arange(tensor.numel(), torch::kFloat64) + static_cast<double>(place++));
    tensor.copy_(0.5 * wave.view(tensor.sizes()));
  }
  return model;
}

torch::Tensor examples(const Case& c) {
  const int64_t D = kRows * kColumns * c.channels;
  const auto pixels = torch::arange(kCount * D).mul(7).floor_divide(3).remainder(c.levels).view({kCount, D});
  return torch::cat({pixels, torch::tensor({{3}, {0}, {9}})}, 1).to(torch::kUInt8);
}

TEST_P(ImageParity, EqualsPyTorch) {
  std::ifstream file(CAIRN_SOURCE_DIR "/tests/golden/pixelcnn.json");
  const Json golden = Json::parse(file).at(testing::PrintToString(GetParam()));
  const auto model = filled(GetParam());
  const auto x = examples(GetParam());
  const auto log_p = model->conditionals(x, 0).sum(1);
  const auto pixels = model->conditionals(x, 0).slice(1, 0, -1).sum();
  pixels.backward();
  double squares = 0;
  for (const auto& item : model->named_parameters()) {
    if (item.key() != "prior") squares += item.value().grad().square().sum().item<double>();
  }
  for (int64_t n = 0; n < kCount; ++n) EXPECT_NEAR(log_p[n].item<double>(), golden["log_p"][n].get<double>(), 1e-10);
  EXPECT_NEAR(std::sqrt(squares), golden["gradient_norm"].get<double>(), 1e-10);

  model->to(torch::kFloat32);
  const torch::NoGradGuard no_grad;  // the pixel program
  EXPECT_TRUE(torch::allclose(model->conditionals(x, 0).sum(1).to(torch::kFloat64), log_p, 1e-5, 0));
}

INSTANTIATE_TEST_SUITE_P(All, ImageParity,
                         testing::Values(Case{"pixelcnn", 1, 2}, Case{"pixelcnn", 1, 4}, Case{"pixelcnn", 3, 3},
                                         Case{"gated_pixelcnn", 1, 2}, Case{"gated_pixelcnn", 1, 4},
                                         Case{"gated_pixelcnn", 3, 3}, Case{"row_lstm", 1, 2}, Case{"row_lstm", 1, 4},
                                         Case{"row_lstm", 3, 3}, Case{"diagonal_bilstm", 1, 2},
                                         Case{"diagonal_bilstm", 1, 4}, Case{"diagonal_bilstm", 3, 3}),
                         [](const auto& test) {
                           const Case& c = test.param;
                           return cat(c.kind, "_", c.channels, "_channels_", c.levels, "_levels");
                         });

}  // namespace
}  // namespace cairn::autoregressive
