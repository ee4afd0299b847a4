// Linear attention token by token and over a stream: time and state that do not depend on what was seen.
#include <algorithm>
#include <ctime>

#include "cairn/base/error.h"
#include "cairn/ops/benchmarks.h"
#include "cairn/ops/linear_attention.h"

namespace cairn::ops {

namespace {

constexpr int64_t kHeads = 8, kWidth = 64;
constexpr int64_t kMostSteps = 50;

struct Token {
  explicit Token(int64_t batch) {
    const auto generator = at::make_generator<at::CPUGeneratorImpl>(1);
    q = torch::randn({batch, kHeads, kWidth}, generator);
    k = torch::randn({batch, kHeads, kWidth}, generator);
    v = torch::randn({batch, kHeads, kWidth}, generator);
  }
  torch::Tensor q, k, v;
};

/// Time on the clock, and the processor's, of which what else runs on a busy machine takes nothing.
Measurement microseconds_a_step(int64_t count, const std::function<void()>& step, double state_bytes) {
  const std::clock_t begin = std::clock();
  const double seconds = seconds_of([&] {
    for (int64_t t = 0; t < count; ++t) step();
  });
  const double processor = static_cast<double>(std::clock() - begin) / CLOCKS_PER_SEC,
               scale = 1e6 / static_cast<double>(count);
  return {seconds * scale, {{"processor_us", processor * scale}, {"state_bytes", state_bytes}}};
}

/// Tokens of `batch` sequences, one after the other, from a state.
Measure steps(int64_t batch) {
  return [t = Token(batch)] {
    LinearAttentionState state;
    linear_attention_step(t.q, t.k, t.v, {}, state);
    return microseconds_a_step(
        kMostSteps, [&] { linear_attention_step(t.q, t.k, t.v, {}, state); }, static_cast<double>(state.S.nbytes()));
  };
}

/// The same with softmax over keys and values kept. Where all sequences' caches would not fit into the memory of a
/// small machine, all read the same one, which is larger than the processor's own caches.
Measure cached_steps(int64_t batch, int64_t cached) {
  constexpr int64_t kLargest = 1 << 20;  // rows of all sequences: 4 GB of keys and values
  const int64_t own = batch * cached > kLargest ? 1 : batch;
  const auto cache = [=] { return torch::randn({own, kHeads, cached, kWidth}).expand({batch, -1, -1, -1}); };
  const auto keys = cache(), values = cache();
  const int64_t count = std::clamp<int64_t>(kMostSteps * 65536 / (batch * cached), 2, kMostSteps);
  return [=, q = Token(batch).q.unsqueeze(2)] {
    return microseconds_a_step(
        count, [&] { torch::scaled_dot_product_attention(q, keys, values); },
        static_cast<double>(keys.nbytes() + values.nbytes()));
  };
}

Benchmark step_against(int64_t batch, int64_t cached) {
  return {.name = cat("ops/linear_attention_step_", batch, "x", cached),
          .help = cat("a token of ", batch, " sequences, 8 heads of 64, against softmax over ", cached, " cached"),
          .unit = "us",
          .prepare = [=](const BenchmarkContext&) {
            return Contest{.ours = steps(batch), .peer = std::nullopt, .other_way = cached_steps(batch, cached)};
          }};
}

constexpr int64_t kPiece = 4096, kPieces = 256;  // 1,048,576 tokens

/// A stream of one head in pieces, each made from its number, the state handed on.
LinearAttentionState streamed(torch::ScalarType type, double& bytes_at_first) {
  const torch::NoGradGuard no_gradient;
  LinearAttentionState state;
  for (int64_t piece = 0; piece < kPieces; ++piece) {
    const auto generator = at::make_generator<at::CPUGeneratorImpl>(static_cast<uint64_t>(piece));
    const auto x = torch::randn({3, 1, 1, kPiece, kWidth}, generator).to(type);
    state = linear_attention(x[0], x[1], x[2], {}, state).state;
    if (piece == 0) bytes_at_first = static_cast<double>(state.S.nbytes());
  }
  return state;
}

/// `exact`: the state in double. Its relative distance is what the stream has drifted.
Measure stream(torch::ScalarType type, const torch::Tensor& exact) {
  return [=] {
    Measurement m;
    double first = 0;
    LinearAttentionState state;
    m.value = kPiece * kPieces / seconds_of([&] { state = streamed(type, first); });
    m.quality = {{"first_state_bytes", first},
                 {"last_state_bytes", static_cast<double>(state.S.nbytes())},
                 {"drift", ((state.S - exact).norm() / exact.norm()).item<double>()}};
    return m;
  };
}

Benchmark stream_benchmark() {
  return {.name = "ops/linear_attention_stream",
          .help = "1,048,576 tokens of a head of 64 in pieces of 4096, in single precision, against double",
          .unit = "tokens/s",
          .higher_is_better = true,
          .rounds = 3,
          .prepare = [](const BenchmarkContext&) {
            double first = 0;
            const auto exact = streamed(torch::kFloat64, first).S;
            return Contest{.ours = stream(torch::kFloat32, exact),
                           .peer = std::nullopt,
                           .other_way = stream(torch::kFloat64, exact)};
          }};
}

}  // namespace

std::vector<Benchmark> linear_attention_decoding_benchmarks() {
  std::vector<Benchmark> all{stream_benchmark()};
  for (const int64_t batch : {1, 64}) {
    for (const int64_t cached : {1024, 8192, 65536}) all.push_back(step_against(batch, cached));
  }
  return all;
}

}  // namespace cairn::ops
