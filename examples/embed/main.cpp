// Scores and samples with a shipped density model from a program of one's own.
#include <cairn/base/resources.h>
#include <cairn/models/autoregressive/autoregressive_pipeline.h>

#include <iostream>

int main() {
  const auto model = cairn::DensityEstimator::load(cairn::resource("shipped/models/nade-digits"));

  const torch::Tensor digits = model.sample({.count = 2, .seed = 1});  // [2, 28, 28] uint8
  const torch::Tensor nats = model.score(digits);                      // [2] log p(x)

  for (int64_t n = 0; n < digits.size(0); ++n) {
    for (int64_t row = 0; row < 28; ++row) {
      for (int64_t column = 0; column < 28; ++column) {
        std::cout << (digits[n][row][column].item<int>() ? '#' : '.');
      }
      std::cout << '\n';
    }
    std::cout << "log p(x) = " << nats[n].item<double>() << " nats\n";
  }
}
