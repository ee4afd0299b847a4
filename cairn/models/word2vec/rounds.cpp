#include "cairn/models/word2vec/rounds.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <barrier>
#include <thread>

#include "cairn/base/random.h"
#include "cairn/models/word2vec/example_update.h"
#include "cairn/models/word2vec/overlay_merger.h"
#include "cairn/models/word2vec/row_owners.h"

namespace cairn::word2vec {

namespace {

constexpr int64_t kMostChunk = 250;  // tokens; windows do not cross chunks
constexpr int64_t kLeastChunk = 16;
constexpr double kMostTouches = 32;  // of one word, as the centre of windows, a round

/// Rows of the matrices themselves.
struct DirectRows {
  Parameters& parameters;
  float* input(int64_t i) const { return parameters.input.row(i); }
  float* output(int64_t i) const { return parameters.output.row(i); }
};

struct ShardRows {
  const RowOverlay &inputs, &outputs;
  float* input(int32_t place) const { return inputs.row(place); }
  float* output(int32_t place) const { return outputs.row(place); }
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

namespace {

/// A word that is the mean of m rows moves by an m-th of what each of them does, so that m times as many touches are
/// calm; outputs follow such words as calmly. (With 4 for all, n-grams learn next to nothing: docs/word2vec.md.)
float calm_touches(const Sampling& sampling) {
  return OverlayMerger::kCalm * static_cast<float>(sampling.rows_a_word);
}

struct Round {
  explicit Round(const Parameters& parameters)
      : inputs(parameters.input.rows(), kShards), outputs(parameters.output.rows(), kShards) {}
  std::array<Chunk, kShards> chunks;
  RowOwners inputs, outputs;
};

}  // namespace

/// What the shards keep between rounds; a round's examples are made while those of the round before are computed.
struct RoundRunner::Deterministic {
  Deterministic(Parameters& parameters, const Sampling& sampling, int threads)
      : numbers(static_cast<size_t>(threads),
                {.inputs = RowNumbers(parameters.input.rows()), .outputs = RowNumbers(parameters.output.rows())}),
        rounds{Round(parameters), Round(parameters)},
        merge_input(&parameters.input, {.calm = calm_touches(sampling), .parts = threads}),
        merge_output(&parameters.output, {.calm = calm_touches(sampling), .parts = threads}) {
    for (int64_t shard = 0; shard < kShards; ++shard) {
      inputs.push_back(std::make_unique<RowOverlay>(&parameters.input));
      outputs.push_back(std::make_unique<RowOverlay>(&parameters.output));
      input_list.push_back(inputs.back().get());
      output_list.push_back(outputs.back().get());
    }
  }
  Round& of(int64_t round) { return rounds[static_cast<size_t>(round % 2)]; }

  std::vector<Chunk::Numbers> numbers;  // by thread
  std::array<Round, 2> rounds;
  std::vector<std::unique_ptr<RowOverlay>> inputs, outputs;
  std::vector<RowOverlay*> input_list, output_list;
  OverlayMerger merge_input, merge_output;
};

RoundRunner::RoundRunner(Parameters& parameters, const Sampling& sampling, const RoundPlan& plan, RoundOptions options)
    : parameters_(parameters), sampling_(sampling), plan_(plan), options_(std::move(options)) {
  if (!options_.deterministic) return;
  options_.threads = static_cast<int>(std::min<int64_t>(options_.threads, kShards));
  deterministic_ = std::make_unique<Deterministic>(parameters, sampling, options_.threads);
}

RoundRunner::~RoundRunner() = default;

ExampleStream RoundRunner::examples(std::span<const int32_t> corpus, int64_t round, int64_t shard) const {
  const RandomStream random = RandomStream(options_.seed, "chunks").at(static_cast<uint64_t>(round * kShards + shard));
  return {sampling_, plan_.slice(corpus, round, shard), FastRandom(random.seed())};
}

/// next(example, rows) fills both, or returns false. The next example's rows are fetched while the present one is
/// computed.
template <class Next>
LossSum RoundRunner::update_all(int64_t round, const Next& next) const {
  ExampleUpdate update({.width = parameters_.input.width(),
                        .stride = parameters_.input.stride(),
                        .divided = sampling_.config.cbow == "mean"});
  const auto lr = static_cast<float>(options_.lr(round));
  LossSum sum;
  ExampleView example[2];
  ExampleRows rows[2];
  bool more = next(example[0], rows[0]);
  for (int now = 0; more; now = 1 - now) {
    more = next(example[1 - now], rows[1 - now]);
    sum.loss += update.apply(example[now], lr, rows[now]);
    sum.positives += example[now].positives;
  }
  return sum;
}

LossSum RoundRunner::update_directly(std::span<const int32_t> corpus, int64_t round, int64_t shard) const {
  ExampleStream stream = examples(corpus, round, shard);
  Example made[2];
  int turn = 0;
  return update_all(round, [&](ExampleView& example, ExampleRows& rows) {
    Example& own = made[turn];
    if (!stream.next(own)) return false;
    turn = 1 - turn;
    rows.find(own, DirectRows{parameters_}, parameters_.input.width());
    example = own;
    return true;
  });
}

void RoundRunner::prepare(std::span<const int32_t> corpus, int64_t round, int64_t shard, int thread) {
  Round& own = deterministic_->of(round);
  Chunk& chunk = own.chunks[static_cast<size_t>(shard)];
  chunk.fill(examples(corpus, round, shard), deterministic_->numbers[static_cast<size_t>(thread)]);
  for (const TouchedRow& touched : chunk.inputs()) own.inputs.claim(touched.row, static_cast<int32_t>(shard));
  for (const TouchedRow& touched : chunk.outputs()) own.outputs.claim(touched.row, static_cast<int32_t>(shard));
}

LossSum RoundRunner::update_shard(int64_t round, int64_t shard) {
  const Round& own = deterministic_->of(round);
  const Chunk& chunk = own.chunks[static_cast<size_t>(shard)];
  RowOverlay &inputs = *deterministic_->inputs[static_cast<size_t>(shard)],
             &outputs = *deterministic_->outputs[static_cast<size_t>(shard)];
  inputs.open(chunk.inputs(), own.inputs);
  outputs.open(chunk.outputs(), own.outputs);
  size_t made = 0;
  return update_all(round, [&](ExampleView& example, ExampleRows& rows) {
    if (made == chunk.size()) return false;
    example = chunk[made++];
    rows.find(example, ShardRows{inputs, outputs}, parameters_.input.width());
    return true;
  });
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
      const LossSum chunk = update_directly(corpus, t / kShards, t % kShards);
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

/// In turn: all shards of a round compute, and whoever finds none left makes examples of the next round; then the
/// copies are merged.
LossSum RoundRunner::run_deterministic(std::span<const int32_t> corpus, int64_t begin, int64_t end) {
  Deterministic& d = *deterministic_;
  const int threads = options_.threads;
  std::array<LossSum, kShards> sums;
  std::atomic<int64_t> to_compute = 0, to_prepare = 0;
  int64_t now = begin;
  LossSum total;
  const auto start_merging = [&]() noexcept {
    for (const LossSum& sum : sums) {
      total.loss += sum.loss;
      total.positives += sum.positives;
    }
    to_compute = to_prepare = 0;
    Round& over = d.of(now++);
    over.inputs.begin_round();
    over.outputs.begin_round();
  };
  std::barrier prepared(threads, [&]() noexcept { to_prepare = 0; });
  std::barrier merged(threads);
  std::barrier computed(threads, start_merging);
  const auto prepare_all = [&](int64_t round, int thread) {
    for (int64_t s = to_prepare++; s < kShards; s = to_prepare++) prepare(corpus, round, s, thread);
  };
  if (begin == end) return total;
  on_threads(threads, [&](int thread) {
    prepare_all(begin, thread);
    prepared.arrive_and_wait();
    for (int64_t round = begin; round < end; ++round) {
      for (int64_t s = to_compute++; s < kShards; s = to_compute++)
        sums[static_cast<size_t>(s)] = update_shard(round, s);
      if (round + 1 < end) prepare_all(round + 1, thread);
      computed.arrive_and_wait();
      d.merge_input.merge(d.input_list, thread);
      d.merge_output.merge(d.output_list, thread);
      merged.arrive_and_wait();
    }
  });
  return total;
}

}  // namespace cairn::word2vec
