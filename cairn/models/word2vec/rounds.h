// A training as rounds: in each, eight shards of the corpus, far apart, go on by one chunk of words.
//
//   deterministic  a shard works on its own copies of the rows that others touch too; at the round's end the changes of
//                  all shards are added in their order. Who computed a shard does not matter: the same bits for any
//                  number of threads.
//   fast           shards write to the matrices at once, as word2vec.c's threads do; races make each run a little
//                  different.
//
// Everything else is a function of the round's number, so a checkpoint needs only that number and the matrices.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>

#include "cairn/models/word2vec/examples.h"
#include "cairn/models/word2vec/parameters.h"

namespace cairn::word2vec {

constexpr int64_t kShards = 8;

struct RoundPlan {
  int64_t tokens = 0;     ///< of the corpus, ends of sentences among them
  int64_t chunk = 0;      ///< tokens a shard takes a round
  int64_t per_epoch = 0;  ///< rounds

  /// The chunk shrinks where one word is so frequent that a round would move it too far on stale values.
  static RoundPlan of(int64_t tokens, const Vocabulary& vocabulary, const Sampling& sampling);
  /// The tokens of a shard's chunk in a round (of any epoch).
  std::span<const int32_t> slice(std::span<const int32_t> corpus, int64_t round, int64_t shard) const;
};

struct LossSum {
  double loss = 0;
  int64_t positives = 0;
};

struct RoundOptions {
  bool deterministic = true;
  int threads = 1;
  uint64_t seed = 1;
  std::function<double(int64_t)> lr;  ///< by round
};

class RoundRunner {
 public:
  RoundRunner(Parameters& parameters, const Sampling& sampling, const RoundPlan& plan, RoundOptions options);
  ~RoundRunner();

  /// Rounds [begin, end) over `corpus`; the losses of their examples, each as it was before its own update.
  LossSum run(std::span<const int32_t> corpus, int64_t begin, int64_t end);

 private:
  struct Deterministic;
  LossSum run_fast(std::span<const int32_t> corpus, int64_t begin, int64_t end);
  LossSum run_deterministic(std::span<const int32_t> corpus, int64_t begin, int64_t end);
  ExampleStream examples(std::span<const int32_t> corpus, int64_t round, int64_t shard) const;
  template <class Next>
  LossSum update_all(int64_t round, const Next& next) const;
  LossSum update_directly(std::span<const int32_t> corpus, int64_t round, int64_t shard) const;
  void prepare(std::span<const int32_t> corpus, int64_t round, int64_t shard, int thread);
  LossSum update_shard(int64_t round, int64_t shard);

  Parameters& parameters_;
  const Sampling& sampling_;
  RoundPlan plan_;
  RoundOptions options_;
  std::unique_ptr<Deterministic> deterministic_;
};

}  // namespace cairn::word2vec
