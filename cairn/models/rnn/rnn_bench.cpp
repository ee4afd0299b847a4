#include "cairn/models/rnn/rnn_bench.h"

#include "cairn/io/npy.h"
#include "cairn/models/rnn/language_task.h"
#include "cairn/models/rnn/sequence_runner.h"
#include "cairn/nn/state_dict.h"
#include "cairn/train/peer_inputs.h"
#include "cairn/train/training_step.h"

namespace cairn::rnn {

namespace {

constexpr int64_t kVocabulary = 10'000, kRows = 20, kSteps = 35, kBatches = 5;
constexpr double kRate = 1e-5;  // so small that both sides keep the same loss

ModelSpec word_model(int64_t hidden) {
  ModelSpec spec;
  spec.config.hidden = hidden;
  spec.config.init = 0.1;
  spec.sizes = {kVocabulary, kVocabulary};
  return spec;
}

torch::Tensor drawn_text() {
  RandomStream random(1, "text");
  const auto text = torch::empty({1 + kRows * kSteps * kBatches}, torch::kInt64);
  for (auto* token = text.data_ptr<int64_t>(); token != text.data_ptr<int64_t>() + text.numel(); ++token) {
    *token = static_cast<int64_t>(random.below(kVocabulary));
  }
  return text;
}

/// Weights that multiply: all but the embedding's, of which a token takes a row.
double multiplied_weights(const SequenceNetwork& network) {
  return static_cast<double>(nn::parameter_count(network) - network.embedding().numel());
}

/// A language model in training on a few batches, over and over.
struct Training {
  Training(const ModelSpec& spec, const std::string& precision)
      : network(make_network(spec)),
        task({.spec = spec, .network = network}, data(), {}, {{data::Split::train, drawn_text()}}),
        step(task, config(precision), torch::kCPU) {}

  static DataConfig data() {
    DataConfig data;
    data.steps = kSteps;
    return data;
  }
  static train::TrainConfig config(const std::string& precision) {
    train::TrainConfig config;
    config.batch = kRows;
    config.optimizer = "sgd";
    config.clip = 0.25;
    config.precision = precision;
    return config;
  }

  Measurement round() {
    step.stream().seek({{"epoch", 0}, {"next", 0}});
    double loss = 0;
    const double seconds = seconds_of([&] {
      for (int64_t k = 0; k < kBatches; ++k) loss += step.run(steps++, kRate).losses.front().second;
    });
    const double each = seconds / kBatches;
    return {each, {{"loss", loss / kBatches}, {"gflop_per_second", gflop() / each}}};
  }

  /// Of a step's products: each weight multiplies once forward and twice backward.
  double gflop() const { return 6e-9 * static_cast<double>(kRows * kSteps) * multiplied_weights(*network); }

  /// What the peer starts from: the batches and each parameter by its name, which is PyTorch's.
  void write(const std::filesystem::path& folder) {
    step.stream().seek({{"epoch", 0}, {"next", 0}});
    for (int64_t k = 0; k < kBatches; ++k) {
      const auto batch = step.stream().next();
      for (const char* side : {"x", "y"}) io::write_npy(folder / cat(side, k, ".npy"), batch[side]);
    }
    train::write_parameters(*network, folder);
  }

  std::shared_ptr<SequenceNetwork> network;
  LanguageTask task;
  train::TrainingStep step;
  int64_t steps = 0;
};

struct Entry {
  std::string name, what;
  int64_t hidden = 200;
  std::string kind = "plain";  ///< of the peer's cell: the script's --kind
  std::string precision = "fp32";
};

ModelSpec model_of(const Entry& entry) {
  ModelSpec spec = word_model(entry.hidden);
  spec.config.layer_norm = entry.kind == "layer_norm";
  spec.config.weight_drop = entry.kind == "weight_drop" ? 0.5 : 0;
  spec.config.zoneout = entry.kind == "zoneout" ? 0.1 : 0;
  return spec;
}

Benchmark training(const Entry& entry) {
  return {.name = "rnn/training_" + entry.name,
          .help = cat("a training step of a word language model, 2 x ", entry.hidden,
                      " LSTM, 20 rows of 35 steps, 10,000 "
                      "words, clipping and SGD, ",
                      entry.what),
          .unit = "s",
          .rounds = 7,
          .prepare = [entry](const BenchmarkContext& context) {
            const auto training = std::make_shared<Training>(model_of(entry), entry.precision);
            training->write(context.folder);
            return Contest{.ours = [=] { return training->round(); },
                           .peer = PeerScript{"rnn_training.py", {"--kind", entry.kind}},
                           .other_way = {}};
          }};
}

constexpr int64_t kWords = 100;  // of a stream, a step each

/// Microseconds a step, with the rate at which the weights are read.
Benchmark streaming() {
  return {
      .name = "rnn/step",
      .help = "a step of a 2 x 650 LSTM for one stream, states and logits of 10,000 words, against PyTorch's nn.LSTM",
      .unit = "us",
      .rounds = 7,
      .prepare = [](const BenchmarkContext& context) {
        const auto network = make_network(word_model(650));
        network->eval();
        train::write_parameters(*network, context.folder);
        const auto runner = std::make_shared<SequenceRunner>(*network);
        const double gigabytes = 4e-9 * multiplied_weights(*network);
        return Contest{.ours =
                           [network, runner, gigabytes] {
                             const torch::InferenceMode inference;
                             auto state = runner->start(1);
                             double last = 0;
                             const double seconds = seconds_of([&] {
                               for (int64_t word = 0; word < kWords; ++word) {
                                 const auto h = runner->hidden(torch::full({1, 1}, word), state);
                                 last = runner->logits(h.flatten(0, 1))[0][0].item<double>();
                               }
                             });
                             const double each = seconds / kWords;
                             return Measurement{1e6 * each, {{"logit", last}, {"gb_per_second", gigabytes / each}}};
                           },
                       .peer = PeerScript{"rnn_step.py", {}},
                       .other_way = {}};
      }};
}

/// The machine's own rate of products, of the shape of the output layer's.
Benchmark products() {
  return {.name = "rnn/product_rate",
          .help = "a product 700 x 650 by 650 x 10,000 of LibTorch, against our packed kernel",
          .unit = "GFLOP/s",
          .higher_is_better = true,
          .prepare = [](const BenchmarkContext&) {
            const auto x = torch::rand({kRows * kSteps, 650}), w = torch::rand({kVocabulary, 650});
            const auto packed = std::make_shared<ops::PackedMatrix>(w);
            const double gflop = 2e-9 * static_cast<double>(x.numel() * kVocabulary);
            return Contest{
                .ours = [=] { return Measurement{gflop / seconds_of([&] { torch::linear(x, w); }), {}}; },
                .peer = std::nullopt,
                .other_way = [=] { return Measurement{gflop / seconds_of([&] { packed->multiply(x, {}); }), {}}; }};
          }};
}

/// The machine's copy rate, which bounds a step for one stream: each weight is read once.
Benchmark copying() {
  return {.name = "rnn/copy_rate",
          .help = "bytes a second of copying 400 MB, reads and writes counted, against what reading them takes",
          .unit = "GB/s",
          .higher_is_better = true,
          .prepare = [](const BenchmarkContext&) {
            const auto from = torch::ones({100'000'000}), to = torch::empty_like(from);
            return Contest{.ours = [=] { return Measurement{0.8 / seconds_of([&] { to.copy_(from); }), {}}; },
                           .peer = std::nullopt,
                           .other_way = [=] { return Measurement{0.4 / seconds_of([&] { from.sum(); }), {}}; }};
          }};
}

}  // namespace

std::vector<Benchmark> benchmarks() {
  std::vector<Benchmark> all;
  for (const Entry& entry :
       {Entry{"small", "against PyTorch's nn.LSTM", 200}, Entry{"medium", "the same", 650},
        Entry{"small_bf16", "ours in bf16, PyTorch in fp32", 200, "plain", "bf16"},
        Entry{"medium_bf16", "the same", 650, "plain", "bf16"},
        Entry{"layer_norm", "layer-normalised, against a loop over PyTorch's layers", 200, "layer_norm"},
        Entry{"weight_drop", "recurrent weights dropped, against nn.LSTM on weights that were dropped", 200,
              "weight_drop"},
        Entry{"zoneout", "with zoneout, against a loop over nn.LSTMCell", 200, "zoneout"}}) {
    all.push_back(training(entry));
  }
  all.push_back(streaming());
  all.push_back(copying());
  all.push_back(products());
  return all;
}

}  // namespace cairn::rnn
