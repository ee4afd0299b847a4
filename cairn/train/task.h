// How a system trains and is measured. The Trainer owns the loop and asks the task for the rest.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include <torch/nn/module.h>

#include "cairn/base/random.h"
#include "cairn/data/stream.h"

namespace cairn::vision {
class Page;
}

namespace cairn::train {

/// Scalars by name in the order to print them. For losses the first is the one that is minimised.
template <class Value>
using Named = std::vector<std::pair<std::string, Value>>;
using Losses = Named<torch::Tensor>;
using Metrics = Named<double>;

struct StepContext {
  int64_t step = 0;     ///< optimiser steps done before this one
  int64_t micro = 0;    ///< which of the step's accumulated batches this is
  RandomStream random;  ///< this micro-batch's own randomness; the same after a resume
};

struct EvaluateOptions {
  data::Split split = data::Split::valid;
  int64_t limit = 0;   ///< first N examples; 0 means all
  bool final = false;  ///< the closing evaluation may spend more (ensembles); periodic ones are cheap
};

struct Evaluation {
  Metrics metrics;    ///< without the split's prefix: "nll", "accuracy"
  int64_t count = 0;  ///< examples (or tokens) measured
};

class Task {
 public:
  virtual ~Task() = default;
  virtual torch::nn::Module& network() = 0;
  /// A fresh stream over the training split, `batch` examples a batch, shuffled by `random`.
  virtual std::unique_ptr<data::Stream> stream(int64_t batch, RandomStream random) = 0;
  virtual Losses losses(const data::Batch& batch, const StepContext& context) = 0;
  virtual bool has(data::Split split) const = 0;
  virtual Evaluation evaluate(const EvaluateOptions& options) = 0;
  /// The metric that chooses the best checkpoint, and whether lower is better.
  virtual std::string leading_metric() const = 0;
  virtual bool lower_is_better() const { return true; }
  /// Called after each optimiser step, e.g. to keep masked weights at zero.
  virtual void after_step() {}
  /// What `config.json` of the model folder holds besides "system": enough to build the network again.
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
