// Training epochs through the real training step, against PyTorch on the same batches from the same initial weights.
#include "cairn/base/error.h"
#include "cairn/base/memory.h"
#include "cairn/io/npy.h"
#include "cairn/models/autoregressive/autoregressive_bench.h"
#include "cairn/models/autoregressive/autoregressive_task.h"
#include "cairn/train/peer_inputs.h"
#include "cairn/train/training_step.h"

namespace cairn::autoregressive {

namespace {

constexpr int64_t kBatch = 100;
constexpr double kEpochBatches = 500;  // binarized MNIST: 50,000 images
constexpr double kRate = 0.001;

struct Entry {
  std::string name, help;
  Json model;
  PeerScript peer;
  int64_t batches = 20;  ///< of the epoch's 500 are measured in a round
  std::string precision = "fp32";
};

/// A model in training on the first batches of the shipped digits, over and over.
struct Training {
  explicit Training(const Entry& entry)
      : config{.batch = kBatch, .precision = entry.precision},
        task(make_task(train::load_recipe(
            Document({{"system", "autoregressive"}, {"model", entry.model}, {"data", {{"train", "digits"}}}},
                     "benchmark"),
            "benchmark"))),
        step(*task, config, torch::kCPU),
        start(step.stream().position()),
        batches(entry.batches) {}

  /// Mean loss of the round's batches.
  double round() {
    step.stream().seek(start);
    double nll = 0;
    for (int64_t k = 0; k < batches; ++k) nll += step.run(steps++, kRate).losses.front().second;
    return nll / static_cast<double>(batches);
  }

  /// What the peer starts from: x.npy [batches * B, D], and each parameter by its name.
  void write(const std::filesystem::path& folder) {
    std::vector<torch::Tensor> x;
    for (int64_t k = 0; k < batches; ++k) x.push_back(step.stream().next()["x"]);
    io::write_npy(folder / "x.npy", torch::cat(x));
    train::write_parameters(task->network(), folder);
  }

  train::TrainConfig config;
  std::unique_ptr<train::Task> task;
  train::TrainingStep step;
  Json start;
  int64_t batches;
  int64_t steps = 0;
};

Benchmark epoch(const Entry& entry) {
  return {.name = entry.name, .help = entry.help, .unit = "s/epoch", .prepare = [=](const BenchmarkContext& context) {
            const auto training = std::make_shared<Training>(entry);
            training->write(context.folder);
            return Contest{.ours =
                               [=] {
                                 double nll = 0;
                                 const double seconds = seconds_of([&] { nll = training->round(); });
                                 const double share = kEpochBatches / static_cast<double>(entry.batches);
                                 return Measurement{seconds * share, {{"nll", nll}}};
                               },
                           .peer = entry.peer,
                           .other_way = {}};
          }};
}

Benchmark memory(const Entry& entry) {
  return {.name = entry.name,
          .help = entry.help,
          .unit = "MB",
          .fresh_processes = true,
          .rounds = 1,
          .prepare = [=](const BenchmarkContext& context) {
            const auto training = std::make_shared<Training>(entry);
            training->write(context.folder);
            return Contest{.ours =
                               [=] {
                                 double nll = 0;
                                 const auto grown = static_cast<double>(peak_growth([&] { nll = training->round(); }));
                                 return Measurement{grown * 1e-6, {{"nll", nll}}};
                               },
                           .peer = entry.peer,
                           .other_way = {}};
          }};
}

struct ImageEntry {
  std::string kind;
  int64_t features;
  std::string peer;  ///< what it is like
  std::string precision = "fp32";
};

/// Epochs of an image model of 7 layers against the same network in PyTorch, in the same precision.
Benchmark image_epoch(const ImageEntry& image) {
  const std::string suffix = image.precision == "fp32" ? "" : "_" + image.precision;
  return epoch({.name = cat("autoregressive/", image.kind, "_epoch", suffix),
                .help = cat("training epoch of ", image.kind, ", 7 layers of ", image.features,
                            " features, batches of 100, ", image.precision, ", against PyTorch with ", image.peer),
                .model = {{"kind", image.kind}, {"features", image.features}, {"layers", 7}},
                .peer = {"pixelcnn.py", {"--kind", image.kind, "--precision", image.precision}},
                .batches = 1,
                .precision = image.precision});
}

}  // namespace

std::vector<Benchmark> training_benchmarks() {
  const Json nade{{"kind", "nade"}, {"hidden", {500}}};
  const Json made{{"kind", "made"}, {"hidden", {2000, 2000}}};
  return {
      epoch({.name = "autoregressive/nade_epoch",
             .help = "training epoch of NADE, 500 hidden units, batches of 100, against the best vectorised PyTorch",
             .model = nade,
             .peer = {"nade.py", {"--how", "chunked"}}}),
      epoch({.name = "autoregressive/nade_epoch_loop",
             .help = "the same, against a straightforward PyTorch loop over the variables",
             .model = nade,
             .peer = {"nade.py", {"--how", "loop"}},
             .batches = 5}),
      epoch({.name = "autoregressive/made_epoch",
             .help = "training epoch of MADE, 2 x 2000 hidden units, batches of 100, against PyTorch with masked "
                     "linear layers",
             .model = made,
             .peer = {"made.py", {}}}),
      image_epoch({"pixelcnn", 32, "masked square filters"}),
      image_epoch({"pixelcnn", 32, "masked square filters", "bf16"}),
      image_epoch({"gated_pixelcnn", 32, "masked square filters"}),
      image_epoch({"gated_pixelcnn", 32, "masked square filters", "bf16"}),
      image_epoch({"row_lstm", 16, "a loop over rows"}),  // as large as the paper's on MNIST
      image_epoch({"row_lstm", 16, "a loop over rows", "bf16"}),
      image_epoch({"diagonal_bilstm", 16, "a loop over the columns of a skewed image"}),
      image_epoch({"diagonal_bilstm", 16, "a loop over the columns of a skewed image", "bf16"}),
      memory({.name = "autoregressive/nade_memory",
              .help = "memory that training of NADE takes beyond the program, its model and data, against the "
                      "vectorised PyTorch",
              .model = nade,
              .peer = {"nade.py", {"--how", "chunked", "--measure", "memory"}},
              .batches = 5}),
  };
}

}  // namespace cairn::autoregressive
