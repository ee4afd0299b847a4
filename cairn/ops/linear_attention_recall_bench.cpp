// Associative recall: how many pairs of a random key and a random value a state of 64 x 64 numbers holds.
#include "cairn/base/error.h"
#include "cairn/ops/benchmarks.h"
#include "cairn/ops/linear_attention.h"

namespace cairn::ops {

namespace {

constexpr int64_t kWidth = 64, kPasses = 64;
constexpr double kRecalled = 0.1;  // relative error at which a value still counts as recalled

/// Unit vectors [1, 1, n, 64].
struct Pairs {
  explicit Pairs(int64_t n) {
    const auto generator = at::make_generator<at::CPUGeneratorImpl>(static_cast<uint64_t>(n));
    const auto unit = [&] {
      const auto x = torch::randn({1, 1, n, kWidth}, generator);
      return x / x.norm(2, 3, /*keepdim=*/true);
    };
    keys = unit();
    values = unit();
  }
  torch::Tensor keys, values;
};

/// What is read at each key once all pairs are written.
using Memory = torch::Tensor (*)(const Pairs&);

torch::Tensor plain_sum(const Pairs& p) {
  return linear_attention(p.keys, p.keys, p.values,
                          {.similarity = Similarity::dot, .direction = Direction::bidirectional, .normalise = false})
      .o;
}

/// The pairs are shown several times: each time the delta rule corrects what other pairs have disturbed.
torch::Tensor delta_rule(const Pairs& p) {
  LinearAttentionOptions options{.similarity = Similarity::unit, .rule = StateRule::delta, .normalise = false};
  options.beta = torch::ones({1, 1, p.keys.size(2)});
  LinearAttentionState state;
  for (int64_t pass = 0; pass < kPasses; ++pass) {
    state = linear_attention(p.keys, p.keys, p.values, options, state).state;
  }
  return torch::matmul(p.keys, state.S);
}

/// Sharp enough that only the key itself counts.
torch::Tensor softmax(const Pairs& p) {
  return torch::scaled_dot_product_attention(p.keys * kWidth, p.keys, p.values, {}, 0.0, false, /*scale=*/1.0);
}

Measure recalled(Memory memory) {
  return [=] {
    Measurement m;
    for (const int64_t n : {2, 4, 8, 16, 32, 48, 64, 96, 128, 256}) {
      const Pairs pairs(n);
      const double error = (memory(pairs) - pairs.values).norm(2, 3).mean().item<double>();
      m.quality.emplace_back(cat("error_at_", n), error);
      if (error < kRecalled) m.value = static_cast<double>(n);
    }
    return m;
  };
}

Benchmark against(const std::string& name, const std::string& help, Memory other) {
  return {.name = "ops/linear_attention_recall_" + name,
          .help = "random key-value pairs recalled within a tenth from 64 x 64 numbers, delta rule, against " + help,
          .unit = "pairs",
          .higher_is_better = true,
          .rounds = 1,
          .prepare = [=](const BenchmarkContext&) {
            return Contest{.ours = recalled(delta_rule), .peer = std::nullopt, .other_way = recalled(other)};
          }};
}

}  // namespace

std::vector<Benchmark> linear_attention_recall_benchmarks() {
  return {against("sum", "the plain sum", plain_sum), against("softmax", "softmax over all pairs", softmax)};
}

}  // namespace cairn::ops
