#include "cairn/models/transformer/transformer_bench.h"

#include "cairn/io/npy.h"
#include "cairn/models/transformer/translation_bench.h"
#include "cairn/models/transformer/translation_task.h"
#include "cairn/train/peer_inputs.h"
#include "cairn/train/training_step.h"

namespace cairn::transformer {

namespace {

constexpr int64_t kVocabulary = 6000, kTokens = 4096, kBatches = 3;
constexpr double kRate = 0.00001;  // so small that rounding grown by Adam leaves both sides the same loss

/// Rows of tokens as long as captions are: 8 to 24.
std::shared_ptr<const data::TokenPairs> drawn_pairs() {
  auto pairs = std::make_shared<data::TokenPairs>();
  RandomStream random(1, "pairs");
  constexpr int64_t kPairs = 2000;
  for (int64_t k = 0; k < kPairs; ++k) {
    const auto row = [&] {
      std::vector<int64_t> tokens(8 + random.below(17));
      for (auto& token : tokens) token = static_cast<int64_t>(random.below(kVocabulary));
      return tokens;
    };
    pairs->source.add(row());
    pairs->target.add(row());
    pairs->lines.push_back(k);
  }
  return pairs;
}

ModelSpec caption_model() {
  ModelSpec spec;
  spec.vocabulary = kVocabulary;
  auto& c = spec.config;
  c.width = 128;
  c.heads = 4;
  c.feed_forward = 256;
  c.encoder_layers = c.decoder_layers = 4;
  c.dropout = 0;  // so that both sides compute the same
  c.label_smoothing = 0.1;
  return spec;
}

/// The model of recipes/transformer/multi30k_en_de.yaml in training on a few batches, over and over.
struct Training {
  Training()
      : task({.spec = caption_model(), .network = make_network(caption_model())}, {}, {},
             {.texts = {}, .pairs = {{data::Split::train, drawn_pairs()}}}),
        step(task, config(), torch::kCPU) {
    for (int64_t k = 0; k < kBatches; ++k) tokens += step.stream().next()["target"].ge(0).sum().item<int64_t>();
    step.stream().seek(start);
  }

  static train::TrainConfig config() {
    train::TrainConfig config;
    config.batch = kTokens;
    config.beta2 = 0.98;
    return config;
  }

  /// Mean loss of the round's batches.
  double round() {
    step.stream().seek(start);
    double loss = 0;
    for (int64_t k = 0; k < kBatches; ++k) loss += step.run(steps++, kRate).losses.front().second;
    return loss / kBatches;
  }

  /// What the peer starts from: the batches and each parameter by its name.
  void write(const std::filesystem::path& folder) {
    step.stream().seek(start);
    for (int64_t k = 0; k < kBatches; ++k) {
      const auto batch = step.stream().next();
      for (const auto& [name, tensor] : batch.tensors) io::write_npy(folder / cat(name, k, ".npy"), tensor);
    }
    train::write_parameters(task.network(), folder);
  }

  TranslationTask task;
  train::TrainingStep step;
  Json start{{"epoch", 0}, {"next", 0}};
  int64_t tokens = 0;
  int64_t steps = 0;
};

}  // namespace

std::vector<Benchmark> benchmarks() {
  std::vector<Benchmark> all = translation_benchmarks();
  all.push_back(
      {.name = "transformer/training",
       .help = "target tokens a second in training of a translation model, 4 + 4 layers of width 128, 6,000 tokens, "
               "batches of 4,096 tokens, against PyTorch's own modules with fused Adam",
       .unit = "tokens/s",
       .higher_is_better = true,
       .prepare = [](const BenchmarkContext& context) {
         const auto training = std::make_shared<Training>();
         training->write(context.folder);
         return Contest{.ours =
                            [=] {
                              double loss = 0;
                              const double seconds = seconds_of([&] { loss = training->round(); });
                              return Measurement{static_cast<double>(training->tokens) / seconds, {{"loss", loss}}};
                            },
                        .peer = PeerScript{"transformer_training.py", {}},
                        .other_way = {}};
       }});
  return all;
}

}  // namespace cairn::transformer
