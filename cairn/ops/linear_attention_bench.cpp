#include <cmath>
#include <ctime>
#include <limits>

#include <torch/csrc/autograd/autograd.h>

#include "cairn/base/error.h"
#include "cairn/base/memory.h"
#include "cairn/io/npy.h"
#include "cairn/ops/benchmarks.h"
#include "cairn/ops/linear_attention.h"
#include "cairn/ops/linear_attention_reference.h"

namespace cairn::ops {

namespace {

constexpr int64_t kHeads = 8, kWidth = 64;

struct Heads {
  explicit Heads(int64_t T, int64_t batch = 1) {
    const auto generator = at::make_generator<at::CPUGeneratorImpl>(1);
    const auto random = [&] { return torch::randn({batch, kHeads, T, kWidth}, generator).requires_grad_(); };
    q = random();
    k = random();
    v = random();
  }
  torch::Tensor q, k, v;
};

using Operator = torch::Tensor (*)(const Heads&);

torch::Tensor ours(const Heads& h) {
  return linear_attention(h.q, h.k, h.v).o;
}

torch::Tensor elu_features(const torch::Tensor& x) {
  return torch::elu(x) + 1;
}

/// The definition: all pairs.
torch::Tensor quadratic(const Heads& h) {
  const auto weights = torch::matmul(elu_features(h.q), elu_features(h.k).transpose(2, 3)).tril();
  return torch::matmul(weights, h.v) / weights.sum(3, /*keepdim=*/true);
}

/// All states at once, by a running sum.
torch::Tensor cumsum(const Heads& h) {
  const auto q = elu_features(h.q), k = elu_features(h.k);
  const auto S = (k.unsqueeze(4) * h.v.unsqueeze(3)).cumsum(2);  // [B, H, T, d, d]
  const auto numerator = torch::matmul(q.unsqueeze(3), S).squeeze(3);
  return numerator / (q * k.cumsum(2)).sum(3, /*keepdim=*/true);
}

torch::Tensor softmax(const Heads& h) {
  return torch::scaled_dot_product_attention(h.q, h.k, h.v, {}, 0.0, /*is_causal=*/true);
}

/// The norm is summed in double: over millions of numbers single precision loses its fourth digit.
double norm_of(const std::vector<torch::Tensor>& gradients) {
  double squares = 0;
  for (const auto& g : gradients) squares += g.to(torch::kFloat64).square().sum().item<double>();
  return std::sqrt(squares);
}

std::vector<torch::Tensor> gradients_of(const Heads& h, Operator attention) {
  return torch::autograd::grad({attention(h).square().mean()}, {h.q, h.k, h.v});
}

/// Forward and backward; the gradients' norm tells whether both sides computed the same.
Measure pass(const Heads& h, Operator attention) {
  return [=] {
    std::vector<torch::Tensor> gradients;
    Measurement m;
    m.value = seconds_of([&] { gradients = gradients_of(h, attention); });
    m.quality = {{"grad_norm", norm_of(gradients)}};
    return m;
  };
}

Benchmark against(const std::string& name, const std::string& help, int64_t T, Operator other) {
  return {.name = "ops/linear_attention_" + name,
          .help = cat("linear attention (elu + 1) forward and backward, ", T, " tokens, 8 heads of 64, against ", help),
          .unit = "s",
          .prepare = [=](const BenchmarkContext&) {
            const Heads heads(T);
            return Contest{.ours = pass(heads, ours), .peer = std::nullopt, .other_way = pass(heads, other)};
          }};
}

/// 8192 tokens in sequences of T: where the ratio passes 1 is the length from which linear attention pays.
Benchmark against_softmax(int64_t T) {
  return {.name = cat("ops/linear_attention_softmax_", T),
          .help = cat("the same, sequences of ", T, " tokens, against LibTorch's softmax attention"),
          .unit = "s",
          .prepare = [=](const BenchmarkContext&) {
            const Heads heads(T, std::max<int64_t>(1, 8192 / T));
            return Contest{.ours = pass(heads, ours), .peer = std::nullopt, .other_way = pass(heads, softmax)};
          }};
}

std::vector<Segment> segments_of(int64_t T) {
  std::vector<Segment> segments;
  for (int64_t h = 0; h < kHeads; ++h) segments.push_back({h * T, T});
  return segments;
}

/// Rows of all heads, keys of length 1.
CausalInput rows_of(const Heads& h) {
  const auto rows = [](const torch::Tensor& t) { return t.reshape({-1, kWidth}); };
  const auto k = rows(h.k);
  return {.q = rows(h.q),
          .k = k / k.norm(2, 1, /*keepdim=*/true),
          .v = rows(h.v),
          .first = torch::zeros({kHeads, kWidth, kWidth})};
}

CausalInput gated(const Heads& h) {
  auto in = rows_of(h);
  in.log_decay = -0.1 * torch::sigmoid(in.k.detach());
  return in;
}

CausalInput delta(const Heads& h) {
  auto in = rows_of(h);
  in.beta = torch::sigmoid(in.k.detach().select(1, 0));
  return in;
}

template <CausalInput (*input)(const Heads&)>
torch::Tensor by_kernel(const Heads& h) {
  return causal_chunked(input(h), segments_of(h.q.size(2)), 64).o;
}

template <CausalInput (*input)(const Heads&), int64_t kChunk>
torch::Tensor by_library(const Heads& h) {
  return causal_pieces(input(h), segments_of(h.q.size(2)), kChunk).o;
}

Benchmark rule_against(const std::string& name, const std::string& help, Operator kernel, Operator library) {
  return {.name = "ops/linear_attention_" + name,
          .help = help + " forward and backward, 2048 tokens, 8 heads of 64, against LibTorch operators in chunks",
          .unit = "s",
          .prepare = [=](const BenchmarkContext&) {
            const Heads heads(2048);
            return Contest{.ours = pass(heads, kernel), .peer = std::nullopt, .other_way = pass(heads, library)};
          }};
}

Benchmark against_pytorch(const std::string& how, int64_t T) {
  return {.name = "ops/linear_attention_pytorch_" + how,
          .help = cat("the same, ", T, " tokens, against PyTorch (", how, ")"),
          .unit = "s",
          .prepare = [=](const BenchmarkContext& context) {
            const Heads heads(T);
            io::write_npy(context.folder / "q.npy", heads.q.detach());
            io::write_npy(context.folder / "k.npy", heads.k.detach());
            io::write_npy(context.folder / "v.npy", heads.v.detach());
            return Contest{
                .ours = pass(heads, ours), .peer = PeerScript{"linear_attention.py", {"--how", how}}, .other_way = {}};
          }};
}

/// The exponent p of cost = c T^p by least squares on logarithms; each cost is among the qualities.
Measurement growth(int64_t shortest, int64_t longest, const std::function<double(int64_t)>& cost) {
  Measurement m;
  double n = 0, x = 0, y = 0, xx = 0, xy = 0;
  for (int64_t T = shortest; T <= longest; T *= 4) {
    const double value = cost(T), log_T = std::log(static_cast<double>(T)), log_value = std::log(value);
    m.quality.emplace_back(cat("at_", T), value);
    n += 1;
    x += log_T;
    y += log_value;
    xx += log_T * log_T;
    xy += log_T * log_value;
  }
  m.value = (n * xy - x * y) / (n * xx - x * x);
  return m;
}

/// Of all threads together, so that what else runs on the machine counts little; the least of three, as noise only
/// adds.
double least_processor_seconds(int64_t T, Operator attention) {
  const Heads heads(T);
  double least = std::numeric_limits<double>::infinity();
  for (int repeat = 0; repeat < 3; ++repeat) {
    const std::clock_t begin = std::clock();
    gradients_of(heads, attention);
    least = std::min(least, static_cast<double>(std::clock() - begin) / CLOCKS_PER_SEC);
  }
  return least;
}

double peak_megabytes(int64_t T, Operator attention) {
  gradients_of(Heads(64), attention);  // code and threads that the first call loads are no memory of the operator's
  const Heads heads(T);
  return static_cast<double>(peak_growth([&] { gradients_of(heads, attention); })) / 1e6;
}

Benchmark exponent(const std::string& name, const std::string& help, double (*cost)(int64_t, Operator), int64_t longest,
                   int64_t longest_softmax, Operator other) {
  return {.name = "ops/linear_attention_" + name,
          .help = cat(help, " from 4096 to ", longest, " tokens, against all pairs up to ", longest_softmax),
          .unit = "exponent",
          .rounds = 1,
          .prepare = [=](const BenchmarkContext&) {
            return Contest{
                .ours = [=] { return growth(4096, longest, [=](int64_t T) { return cost(T, ours); }); },
                .peer = std::nullopt,
                .other_way = [=] { return growth(1024, longest_softmax, [=](int64_t T) { return cost(T, other); }); }};
          }};
}

}  // namespace

std::vector<Benchmark> linear_attention_benchmarks() {
  std::vector<Benchmark> all{
      against("quadratic", "all pairs by LibTorch operators", 2048, quadratic),
      against("cumsum", "all states by LibTorch's cumsum", 1024, cumsum),
      rule_against("gated", "gates by key feature", by_kernel<gated>, by_library<gated, 16>),
      rule_against("delta", "the delta rule", by_kernel<delta>, by_library<delta, 64>),
      against_pytorch("quadratic", 2048),
      against_pytorch("cumsum", 1024),
      against_pytorch("chunked", 8192),
      against_pytorch("fast_transformers", 8192),
      exponent("time", "exponent of processor time, forward and backward,", least_processor_seconds, 262144, 4096,
               softmax),
      exponent("memory", "exponent of peak memory, forward and backward,", peak_megabytes, 262144, 4096, quadratic)};
  for (const int64_t T : {64, 128, 256, 512, 1024, 4096}) all.push_back(against_softmax(T));
  return all;
}

}  // namespace cairn::ops
