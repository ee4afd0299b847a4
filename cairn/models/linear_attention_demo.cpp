#include "cairn/models/linear_attention_demo.h"

#include <algorithm>
#include <cmath>

#include "cairn/base/benchmark.h"
#include "cairn/base/error.h"
#include "cairn/base/log.h"
#include "cairn/base/memory.h"
#include "cairn/base/text.h"
#include "cairn/ops/linear_attention.h"
#include "cairn/train/memory_meter.h"
#include "cairn/vision/page.h"

namespace cairn {

namespace {

constexpr int64_t kHeads = 4, kWidth = 32;
constexpr int64_t kShortest = 32, kLongest = 8192;      // tokens at once
constexpr int64_t kStream = 1 << 20, kPiece = 1 << 16;  // tokens

torch::Tensor random_heads(int64_t T) {
  return torch::randn({1, kHeads, T, kWidth}, at::make_generator<at::CPUGeneratorImpl>(1));
}

/// Milliseconds of a forward over T tokens, the least of three.
double milliseconds(int64_t T, const std::function<torch::Tensor(const torch::Tensor&)>& attention) {
  const torch::NoGradGuard no_grad;
  const auto x = random_heads(T);
  double least = 1e300;
  for (int i = 0; i < 3; ++i) least = std::min(least, 1000 * seconds_of([&] { attention(x); }));
  return least;
}

/// A line up to where softmax becomes the slower one, between measured lengths by logarithms; without points where it
/// does not.
vision::Series crossing(const vision::Series& linear, const vision::Series& softmax) {
  vision::Series line{.name = "crossing"};
  const auto lead = [&](size_t k) { return std::log(softmax.y[k] / linear.y[k]); };
  for (size_t k = 1; k < linear.x.size() && line.x.empty(); ++k) {
    if (lead(k - 1) >= 0 || lead(k) < 0) continue;
    const double share = lead(k - 1) / (lead(k - 1) - lead(k));
    const auto between = [&](const std::vector<double>& v) { return v[k - 1] * std::pow(v[k] / v[k - 1], share); };
    line.x.assign(2, between(linear.x));
    line.y = {0, between(linear.y)};
  }
  return line;
}

vision::LineChart time_chart(Json& results) {
  vision::Series linear{.name = "linear (elu + 1)"}, softmax{.name = "softmax"};
  for (int64_t T = kShortest; T <= kLongest; T *= 2) {
    linear.x.push_back(static_cast<double>(T));
    linear.y.push_back(milliseconds(T, [](const torch::Tensor& x) { return ops::linear_attention(x, x, x).o; }));
    softmax.x.push_back(static_cast<double>(T));
    softmax.y.push_back(milliseconds(T, [](const torch::Tensor& x) {
      return at::scaled_dot_product_attention(x, x, x, std::nullopt, 0.0, /*is_causal=*/true);
    }));
  }
  results["softmax_over_linear"] = softmax.y.back() / linear.y.back();
  vision::LineChart chart{.title = "time of a causal forward",
                          .unit = "ms",
                          .x_label = "tokens",
                          .series = {linear, softmax},
                          .log_x = true};
  const auto line = crossing(linear, softmax);
  results["crossing_tokens"] = line.x.empty() ? 0 : std::llround(line.x.front());
  if (!line.x.empty()) chart.series.push_back(line);
  return chart;
}

/// A million tokens piece by piece, the state carried on: bytes of tensors while each piece is read.
vision::LineChart stream_chart(Json& results) {
  const torch::NoGradGuard no_grad;
  vision::Series held{.name = "peak of tensors"};
  ops::LinearAttentionState state;
  for (int64_t seen = 0; seen < kStream; seen += kPiece) {
    const train::PeakMeter meter;
    const auto x = random_heads(kPiece);
    state = ops::linear_attention(x, x, x, {}, state).state;
    held.x.push_back(static_cast<double>(seen + kPiece));
    held.y.push_back(static_cast<double>(meter.peak() - meter.before()) / 1e6);
  }
  results["stream_tokens"] = kStream;
  results["state_bytes"] = static_cast<int64_t>(state.S.nbytes());
  return {.title = "memory of a stream", .unit = "MB", .x_label = "tokens so far", .series = {held}, .from_zero = true};
}

}  // namespace

void linear_attention_demo(DemoContext& context) {
  log::info("linear attention over a million tokens");
  train::count_memory();
  const auto time = time_chart(context.results);
  const auto stream = stream_chart(context.results);
  context.page.heading("Linear attention")
      .paragraph(
          cat("Attention without the softmax: the sum over keys is made once and carried, so that time grows as the "
              "length and a text of any length is read with a state of one size, here ",
              context.results["state_bytes"].get<int64_t>(), " bytes for ", kHeads, " heads of ", kWidth,
              ". Softmax is the slower of the two from about ", context.results["crossing_tokens"].get<int64_t>(),
              " tokens on; at ", kLongest, " it takes ", fixed(context.results["softmax_over_linear"].get<double>(), 1),
              " times as long."))
      .charts({time, stream});
}

}  // namespace cairn
