#include "cairn/models/word2vec/rounds.h"

#include <algorithm>
#include <atomic>
#include <barrier>
#include <thread>

#include "cairn/base/random.h"
#include "cairn/models/word2vec/example_update.h"
#include "cairn/models/word2vec/row_overlay.h"

namespace cairn::word2vec {

namespace {

constexpr int64_t kMostChunk = 250;  // tokens; windows do not cross chunks
constexpr int64_t kLeastChunk = 16;
constexpr double kMostTouches = 32;  // of one word, as the centre of windows, a round

struct DirectRows {
  Parameters& parameters;
  float* input(int64_t i) const { return parameters.input.row(i); }
  float* output(int64_t i) const { return parameters.output.row(i); }
  void prefetch(const Example& example) const {
    for (const int32_t i : example.outputs) prefetch_row(parameters.output, i);
    for (const int32_t i : example.ids) prefetch_row(parameters.input, i);
  }
  static void prefetch_row(const Matrix& matrix, int64_t i) {
    const float* row = matrix.row(i);
    for (int64_t k = 0; k < matrix.width(); k += 16) __builtin_prefetch(row + k, /*rw=*/1);
  }
};

struct OverlayRows {
  RowOverlay& inputs;
  RowOverlay& outputs;
  float* input(int64_t i) const { return inputs.row(i); }
  float* output(int64_t i) const { return outputs.row(i); }
  void prefetch(const Example& example) const {
    for (const int32_t i : example.outputs) outputs.prefetch(i);
    for (const int32_t i : example.ids) inputs.prefetch(i);
  }
};

/// work(thread) on each of `threads` threads, this one among them.
template <class Work>
void on_threads(int threads, const Work& work) {
  std::vector<std::thread> others;
  for (int t = 1; t < threads; ++t) others.emplace_back(work, t);
  work(0);
  for (auto& other : others) other.join();
}

}  // namespace

RoundPlan RoundPlan::of(int64_t tokens, const Vocabulary& vocabulary, const Sampling& sampling) {
  double most = 0;
  for (size_t i = 0; i < vocabulary.counts.size(); ++i) {
    most = std::max(most, static_cast<double>(vocabulary.counts[i]) * (sampling.keep[i] * 0x1p-32));
  }
  const double frequency = most / static_cast<double>(std::max<int64_t>(vocabulary.tokens(), 1));
  const double wanted = kMostTouches / (static_cast<double>(kShards) * std::max(frequency, 1e-9));
  RoundPlan plan{.tokens = tokens};
  plan.chunk = std::clamp(static_cast<int64_t>(std::min(wanted, 1e9)), kLeastChunk, kMostChunk);
  const int64_t region = (tokens + kShards - 1) / kShards;
  plan.per_epoch = std::max<int64_t>(1, (region + plan.chunk - 1) / plan.chunk);
  return plan;
}

std::span<const int32_t> RoundPlan::slice(std::span<const int32_t> corpus, int64_t round, int64_t shard) const {
  const int64_t region = (tokens + kShards - 1) / kShards;
  const int64_t first = std::min(shard * region, tokens), last = std::min(first + region, tokens);
  const int64_t begin = std::min(first + round % per_epoch * chunk, last), end = std::min(begin + chunk, last);
  return corpus.subspan(static_cast<size_t>(begin), static_cast<size_t>(end - begin));
}

/// What the shards keep between rounds.
struct RoundRunner::Deterministic {
  explicit Deterministic(Parameters& parameters) : merge_input(&parameters.input), merge_output(&parameters.output) {
    for (int64_t shard = 0; shard < kShards; ++shard) {
      inputs.push_back(std::make_unique<RowOverlay>(&parameters.input));
      outputs.push_back(std::make_unique<RowOverlay>(&parameters.output));
      input_list.push_back(inputs.back().get());
      output_list.push_back(outputs.back().get());
    }
  }
  std::vector<std::unique_ptr<RowOverlay>> inputs, outputs;
  std::vector<RowOverlay*> input_list, output_list;
  OverlayMerger merge_input, merge_output;
};

RoundRunner::RoundRunner(Parameters& parameters, const Sampling& sampling, const RoundPlan& plan, RoundOptions options)
    : parameters_(parameters), sampling_(sampling), plan_(plan), options_(std::move(options)) {
  if (options_.deterministic) deterministic_ = std::make_unique<Deterministic>(parameters);
}

RoundRunner::~RoundRunner() = default;

/// The next example's rows are fetched while the present one is computed.
template <class Rows>
LossSum RoundRunner::run_chunk(Rows rows, std::span<const int32_t> corpus, int64_t round, int64_t shard) const {
  const RandomStream random = RandomStream(options_.seed, "chunks").at(static_cast<uint64_t>(round * kShards + shard));
  ExampleStream stream(sampling_, plan_.slice(corpus, round, shard), FastRandom(random.seed()));
  ExampleUpdate update({.width = parameters_.input.width(),
                        .stride = parameters_.input.stride(),
                        .divided = sampling_.config.cbow == "mean"});
  const auto lr = static_cast<float>(options_.lr(round));
  LossSum sum;
  Example examples[2];
  bool more = stream.next(examples[0]);
  for (int now = 0; more; now = 1 - now) {
    more = stream.next(examples[1 - now]);
    if (more) rows.prefetch(examples[1 - now]);
    sum.loss += update.apply(examples[now], lr, rows);
    sum.positives += examples[now].positives;
  }
  return sum;
}

LossSum RoundRunner::run(std::span<const int32_t> corpus, int64_t begin, int64_t end) {
  return options_.deterministic ? run_deterministic(corpus, begin, end) : run_fast(corpus, begin, end);
}

LossSum RoundRunner::run_fast(std::span<const int32_t> corpus, int64_t begin, int64_t end) {
  std::atomic<int64_t> ticket = begin * kShards;
  std::vector<LossSum> sums(static_cast<size_t>(options_.threads));
  on_threads(options_.threads, [&](int thread) {
    LossSum own;
    for (int64_t t = ticket++; t < end * kShards; t = ticket++) {
      const LossSum chunk = run_chunk(DirectRows{parameters_}, corpus, t / kShards, t % kShards);
      own.loss += chunk.loss;
      own.positives += chunk.positives;
    }
    sums[static_cast<size_t>(thread)] = own;
  });
  LossSum total;
  for (const LossSum& sum : sums) {
    total.loss += sum.loss;
    total.positives += sum.positives;
  }
  return total;
}

LossSum RoundRunner::run_deterministic(std::span<const int32_t> corpus, int64_t begin, int64_t end) {
  Deterministic& d = *deterministic_;
  const int threads = static_cast<int>(std::min<int64_t>(options_.threads, kShards));
  std::vector<LossSum> chunks(kShards);
  std::atomic<int64_t> shard = 0;
  LossSum total;
  const auto add_up = [&]() noexcept {
    for (const LossSum& chunk : chunks) {
      total.loss += chunk.loss;
      total.positives += chunk.positives;
    }
    shard = 0;
  };
  std::barrier computed(threads, add_up);
  std::barrier merged(threads);
  on_threads(threads, [&](int thread) {
    for (int64_t round = begin; round < end; ++round) {
      for (int64_t s = shard++; s < kShards; s = shard++) {
        RowOverlay &inputs = *d.inputs[s], &outputs = *d.outputs[s];
        inputs.clear();
        outputs.clear();
        chunks[s] = run_chunk(OverlayRows{inputs, outputs}, corpus, round, s);
      }
      computed.arrive_and_wait();
      d.merge_input.merge(d.input_list, thread, threads);
      d.merge_output.merge(d.output_list, thread, threads);
      merged.arrive_and_wait();
    }
  });
  return total;
}

}  // namespace cairn::word2vec
