// Training speed and search, against gensim, faiss and word2vec.c on the same text and vectors.
#include "cairn/models/word2vec/word2vec_bench.h"

#include <fstream>
#include <memory>
#include <optional>

#include "cairn/base/error.h"
#include "cairn/io/npy.h"
#include "cairn/models/word2vec/corpus.h"
#include "cairn/models/word2vec/rounds.h"
#include "cairn/models/word2vec/word2vec_pipeline.h"

namespace cairn::word2vec {

namespace {

constexpr double kRate = 0.025;

/// One epoch after the other over a text whose words are counted and numbered already.
struct Epochs {
  Epochs(const ModelConfig& model, const DataConfig& data, const BenchmarkContext& context, bool deterministic)
      : corpus(data, static_cast<int>(context.threads)),
        vocabulary(corpus.count()),
        sampling(make_sampling(model, vocabulary, data.subsample)),
        parameters(
            initial_parameters({.inputs = sampling.inputs, .outputs = sampling.outputs, .dim = model.dim, .seed = 1})) {
    words = corpus.encode(vocabulary, context.folder / "tokens.i32");
    tokens = std::make_unique<TokenFile>(context.folder / "tokens.i32");
    std::ofstream text(context.folder / "text.txt", std::ios::binary);
    corpus.write_words([&](const std::string& part) { text << part; });
    plan = RoundPlan::of(static_cast<int64_t>(tokens->tokens().size()), vocabulary, sampling);
    runner = std::make_unique<RoundRunner>(parameters, sampling, plan,
                                           RoundOptions{.deterministic = deterministic,
                                                        .threads = static_cast<int>(context.threads),
                                                        .seed = 1,
                                                        .lr = [](int64_t) { return kRate; }});
  }
  Measurement round() {
    LossSum sum;
    const double seconds =
        seconds_of([&] { sum = runner->run(tokens->tokens(), epoch * plan.per_epoch, (epoch + 1) * plan.per_epoch); });
    ++epoch;
    return {static_cast<double>(words) / seconds, {{"loss", sum.loss / static_cast<double>(sum.positives)}}};
  }

  Corpus corpus;
  Vocabulary vocabulary;
  Sampling sampling;
  Parameters parameters;
  int64_t words = 0, epoch = 0;
  std::unique_ptr<TokenFile> tokens;
  RoundPlan plan;
  std::unique_ptr<RoundRunner> runner;
};

struct Entry {
  std::string name, help;
  ModelConfig model;
  double subsample = 1e-3;
  bool deterministic = false;
  std::string peer;  ///< "gensim", "word2vec.c", or "" for our own fast mode
};

DataConfig text_of(const Entry& entry) {
  return {.train = "enwiki", .words = "text8", .markup = "wiki", .limit = 1500000, .subsample = entry.subsample};
}

Benchmark training(const Entry& entry) {
  return {.name = entry.name,
          .help = entry.help,
          .unit = "words/s",
          .higher_is_better = true,
          .rounds = 3,
          .prepare = [entry](const BenchmarkContext& context) {
            const auto ours = std::make_shared<Epochs>(entry.model, text_of(entry), context, entry.deterministic);
            Contest contest{.ours = [ours] { return ours->round(); }, .peer = std::nullopt, .other_way = {}};
            if (entry.peer.empty()) {
              const auto fast = std::make_shared<Epochs>(entry.model, text_of(entry), context, false);
              contest.other_way = [fast] { return fast->round(); };
            } else {
              contest.peer = PeerScript{
                  "word2vec.py",
                  {"--how", entry.peer, "--kind", entry.model.kind, "--dim", cat(entry.model.dim), "--window",
                   cat(entry.model.window), "--negative", cat(entry.model.negative), "--sample", cat(entry.subsample)}};
            }
            return contest;
          }};
}

/// 10,000 queries among 69,103 vectors of 100 numbers: as many as enwiki has words.
Benchmark search(const std::string& peer) {
  return {.name = "word2vec/search_" + peer,
          .help = "10 nearest of 69,103 x 100 vectors for 10,000 queries, exact, against " + peer,
          .unit = "queries/s",
          .higher_is_better = true,
          .rounds = 3,
          .prepare = [peer](const BenchmarkContext& context) {
            constexpr int64_t kWords = 69103, kDim = 100, kQueries = 10000;
            torch::manual_seed(1);
            VectorTable table{.vectors = torch::randn({kWords, kDim})};
            for (int64_t i = 0; i < kWords; ++i) table.vocabulary.add(cat("w", i), kWords - i);
            io::write_npy(context.folder / "vectors.npy", table.vectors);
            const auto vectors = std::make_shared<WordVectors>(std::move(table));
            return Contest{
                .ours =
                    [vectors] {
                      ops::NearestRows found;
                      const double seconds =
                          seconds_of([&] { found = vectors->nearest_rows(vectors->table().rows(0, kQueries), 10); });
                      const double checksum = found.index.select(1, 9).to(torch::kFloat64).mean().item<double>();
                      return Measurement{kQueries / seconds, {{"tenth", checksum}}};
                    },
                .peer = PeerScript{"word2vec_search.py", {"--how", peer}},
                .other_way = {}};
          }};
}

}  // namespace

std::vector<Benchmark> benchmarks() {
  const ModelConfig skipgram{.dim = 100, .window = 5, .negative = 5};
  const ModelConfig cbow{.kind = "cbow", .dim = 200, .window = 8, .negative = 25};
  const std::string sg = "skip-gram, 100 dimensions, window 5, 5 negatives, 1.5 million words: ";
  const std::string cb = "CBOW, 200 dimensions, window 8, 25 negatives, 1.5 million words: ";
  return {
      training({"word2vec/sgns_c", sg + "fast mode against word2vec.c -O3 -march=native", skipgram, 1e-3, false,
                "word2vec.c"}),
      training({"word2vec/sgns_gensim", sg + "fast mode against gensim", skipgram, 1e-3, false, "gensim"}),
      training({"word2vec/sgns_modes", sg + "deterministic mode against fast mode", skipgram, 1e-3, true, ""}),
      training(
          {"word2vec/cbow_c", cb + "fast mode against word2vec.c -O3 -march=native", cbow, 1e-4, false, "word2vec.c"}),
      training({"word2vec/cbow_gensim", cb + "fast mode against gensim", cbow, 1e-4, false, "gensim"}),
      training({"word2vec/cbow_modes", cb + "deterministic mode against fast mode", cbow, 1e-4, true, ""}),
      search("gensim"),
      search("faiss"),
  };
}

}  // namespace cairn::word2vec
