// Time at equal memory: planned schedules against PyTorch's checkpoint_sequential, long time spans against plain
// autograd, selective saving against none.
#include <torch/nn/modules/rnn.h>

#include "cairn/io/npy.h"
#include "cairn/train/benchmarks.h"
#include "cairn/train/checkpointing.h"

namespace cairn::train {

using checkpointing::Activations;
using checkpointing::Chain;
using checkpointing::Planner;
using checkpointing::Schedule;

namespace {

constexpr int64_t kStages = 24, kChannels = 16, kBatch = 16, kSide = 32;

/// Stages of a 3 x 3 convolution and tanh; `heavy`, if not 0, applies its own ten times.
struct Convolutions {
  explicit Convolutions(size_t heavy) {
    at::manual_seed(1);
    x = torch::randn({kBatch, kChannels, kSide, kSide}).requires_grad_();
    for (size_t l = 1; l <= kStages; ++l) {
      const auto w = torch::randn({kChannels, kChannels, 3, 3}).mul_(0.1).requires_grad_();
      weights.push_back(w);
      chain.add(std::to_string(l), [w, times = l == heavy ? 10 : 1](const torch::Tensor& a) {
        auto y = a;
        for (int k = 0; k < times; ++k) y = torch::tanh(torch::conv2d(y, w, {}, 1, 1));
        return y;
      });
    }
  }
  void write(const std::filesystem::path& folder) const {
    io::write_npy(folder / "x.npy", x.detach());
    io::write_npy(folder / "weights.npy", torch::stack(weights).detach());
  }
  double loss(const Schedule& schedule) const {
    const auto y = checkpointing::execute(chain, schedule, {x})[0].square().mean();
    y.backward();
    return y.item<double>();
  }
  int64_t peak(const Schedule& schedule) const {
    const PeakMeter meter;
    loss(schedule);
    return meter.peak() - meter.before();
  }
  torch::Tensor x;
  std::vector<torch::Tensor> weights;
  Chain chain;
};

struct Sequential {
  int64_t segments = 1;
  size_t heavy = 0;
};

/// PyTorch's schedule is the periodic one. Its peak is measured, and the planner gets just that.
Benchmark sequential(const Sequential& entry) {
  const std::string name = std::to_string(entry.segments) + (entry.heavy ? "_uneven" : "");
  return {
      .name = "checkpointing/sequential_" + name,
      .help = "a step through 24 stages" + std::string(entry.heavy ? ", one of them ten times as long," : "") +
              " in the memory that checkpoint_sequential takes with " + std::to_string(entry.segments) +
              " segments, against PyTorch's",
      .unit = "s",
      .rounds = 7,
      .prepare = [=](const BenchmarkContext& context) {
        count_memory();
        const auto net = std::make_shared<Convolutions>(entry.heavy);
        net->write(context.folder);
        const auto periodic = checkpointing::periodic(kStages, entry.segments);
        net->loss(periodic);  // the gradients are there from now on
        const int64_t budget = net->peak(periodic);
        const auto profile = checkpointing::measure(net->chain, {net->x});
        const auto [schedule, predicted] = Planner(profile).within(budget);
        const double megabytes = static_cast<double>(budget) / 1e6;
        const double ratio = checkpointing::predict(periodic, profile).seconds / predicted.seconds;
        return Contest{
            .ours =
                [=] {
                  double loss = 0;
                  const double seconds = seconds_of([&] { loss = net->loss(schedule); });
                  return Measurement{seconds, {{"loss", loss}, {"peak_mb", megabytes}, {"predicted_ratio", ratio}}};
                },
            .peer = PeerScript{"checkpointing.py",
                               {"--segments", std::to_string(entry.segments), "--heavy", std::to_string(entry.heavy)}},
            .other_way = {}};
      }};
}

constexpr int64_t kSteps = 10'000, kStride = 20;

/// An LSTM over 10,000 steps: a stage for every 20; h, c and the sum of losses between them.
struct LongSpan {
  LongSpan() {
    at::manual_seed(1);
    cell = torch::nn::LSTMCell(32, 64);
    x = torch::randn({kSteps, 8, 32});
    for (int64_t begin = 0; begin < kSteps; begin += kStride) {
      chain.add(std::to_string(begin), [cell = cell, x = x, begin](const Activations& state) mutable {
        auto h = state[0], c = state[1], loss = state[2];
        for (int64_t t = begin; t < begin + kStride; ++t) {
          std::tie(h, c) = cell(x[t], std::tuple(h, c));
          loss = loss + h.square().mean();
        }
        return Activations{h, c, loss};
      });
    }
    start = {torch::zeros({8, 64}), torch::zeros({8, 64}), torch::zeros({})};
  }
  Measurement step(const std::function<Activations()>& forward) {
    cell->zero_grad();
    const PeakMeter meter;
    const double seconds = seconds_of([&] { forward()[2].backward(); });
    const double norm = cell->weight_hh.grad().norm().item<double>();
    return {seconds, {{"grad_norm", norm}, {"peak_mb", static_cast<double>(meter.peak() - meter.before()) / 1e6}}};
  }
  torch::nn::LSTMCell cell{nullptr};
  torch::Tensor x;
  Chain chain;
  Activations start;
};

Benchmark long_span() {
  return {
      .name = "checkpointing/bptt_10000",
      .help = "back-propagation through 10,000 steps of an LSTM in 5 % of the memory, against plain autograd",
      .unit = "s",
      .rounds = 3,
      .prepare = [](const BenchmarkContext&) {
        count_memory();
        const auto net = std::make_shared<LongSpan>();
        const Planner planner(checkpointing::measure(net->chain, net->start, {.passes = 1}));
        const auto schedule = planner.within(planner.store_all().predicted.peak / 20).schedule;
        return Contest{
            .ours = [=] { return net->step([&] { return checkpointing::execute(net->chain, schedule, net->start); }); },
            .peer = std::nullopt,
            .other_way = [=] { return net->step([&] { return net->chain.forward(net->start); }); }};
      }};
}

/// Blocks of attention and a feed-forward layer, each a region of its own.
struct Blocks {
  Blocks() {
    at::manual_seed(1);
    x = torch::randn({8, 4, 128, 32}).requires_grad_();
    for (int i = 0; i < 6; ++i) w.push_back(torch::randn({32, 32}).mul_(0.2).requires_grad_());
  }
  Activations block(const torch::Tensor& a, const torch::Tensor& weight) const {
    const auto q = torch::matmul(torch::gelu(a), weight);
    const auto attended = at::scaled_dot_product_attention(q, torch::sin(q), torch::cos(q));
    return {a + torch::matmul(torch::tanh(attended).exp(), weight).tanh()};
  }
  Measurement step(const checkpointing::Operators& keep) const {
    const PeakMeter meter;
    double loss = 0;
    const double seconds = seconds_of([&] {
      auto y = x;
      for (const auto& weight : w) {
        const auto f = [this, weight](const Activations& a) { return block(a[0], weight); };
        y = checkpointing::checkpoint(f, {y}, {.keep = keep})[0];
      }
      const auto mean = y.square().mean();
      mean.backward();
      loss = mean.item<double>();
    });
    return {seconds, {{"loss", loss}, {"peak_mb", static_cast<double>(meter.peak() - meter.before()) / 1e6}}};
  }
  torch::Tensor x;
  std::vector<torch::Tensor> w;
};

Benchmark selective() {
  return {.name = "checkpointing/selective",
          .help = "six regions of attention and products, whose outputs are kept, against all computed again",
          .unit = "s",
          .rounds = 15,
          .prepare = [](const BenchmarkContext&) {
            count_memory();
            const auto net = std::make_shared<Blocks>();
            return Contest{.ours = [=] { return net->step(checkpointing::products()); },
                           .peer = std::nullopt,
                           .other_way = [=] { return net->step({}); }};
          }};
}

}  // namespace

std::vector<Benchmark> checkpointing_benchmarks() {
  std::vector<Benchmark> all;
  for (const int64_t segments : {1, 2, 3, 4, 6, 8, 12, 24}) all.push_back(sequential({.segments = segments}));
  for (const int64_t segments : {3, 6}) all.push_back(sequential({.segments = segments, .heavy = 9}));
  all.push_back(long_span());
  all.push_back(selective());
  return all;
}

}  // namespace cairn::train
