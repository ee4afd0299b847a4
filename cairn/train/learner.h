// A model that learns, as the run folder, the report, the model card and `cairn eval` see it: trained, measured,
// described. A network that learns by gradients of its losses is a Task (task.h); a system whose updates are not
// autograd's (word2vec) derives from Learner directly and brings its own loop.
#pragma once

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "cairn/base/document.h"
#include "cairn/data/batch.h"
#include "cairn/train/train_config.h"

namespace cairn::vision {
class Page;
}

namespace cairn::train {

class RunFolder;

/// Scalars by name in the order to print them. For losses the first is the one that is minimised.
template <class Value>
using Named = std::vector<std::pair<std::string, Value>>;
using Metrics = Named<double>;

struct EvaluateOptions {
  data::Split split = data::Split::valid;
  int64_t limit = 0;   ///< first N examples; 0 means all
  bool final = false;  ///< the closing evaluation may spend more (ensembles); periodic ones are cheap
};

struct Evaluation {
  Metrics metrics;           ///< without the split's prefix: "nll", "accuracy"
  int64_t count = 0;         ///< examples (or tokens) measured
  Named<std::string> notes;  ///< how a metric was computed: {"bleu", its signature}
};

struct TrainResult {
  int64_t steps = 0;
  double epochs = 0;
  double seconds = 0;  ///< of training, over all sittings
  int64_t parameters = 0;
  Metrics metrics;           ///< "valid.nll", "best.valid.nll", "test.nll", ...
  bool interrupted = false;  ///< stopped by a signal; a checkpoint was written
};

class Learner {
 public:
  virtual ~Learner() = default;
  /// Trains from the newest checkpoint of `folder`, or from the start if it has none; leaves `folder`/model and
  /// report.html.
  virtual TrainResult run(const TrainConfig& config, RunFolder& folder) = 0;

  virtual bool has(data::Split split) const = 0;
  virtual Evaluation evaluate(const EvaluateOptions& options) = 0;

  /// What `config.json` of the model folder holds besides "system": enough to build the model again.
  virtual Json model_config() const = 0;
  /// Files beside config.json and model.safetensors (tokenizers); none for most.
  virtual void write_extras(const std::filesystem::path& /*model_folder*/) const {}
  /// What the model card says of the data and the model.
  virtual std::string describe() const = 0;
  virtual std::string data_licence() const = 0;
  /// Pictures and texts for report.html.
  virtual void write_samples(vision::Page& /*page*/) {}
};

}  // namespace cairn::train
