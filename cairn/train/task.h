// How a system trains by gradient steps and is measured. The Trainer owns the loop and asks the task for the rest.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <torch/nn/module.h>

#include "cairn/base/random.h"
#include "cairn/data/stream.h"
#include "cairn/nn/chain.h"
#include "cairn/train/learner.h"

namespace cairn::train {

using Losses = Named<torch::Tensor>;

struct StepContext {
  int64_t step = 0;     ///< optimiser steps done before this one
  int64_t micro = 0;    ///< which of the step's accumulated batches this is
  RandomStream random;  ///< this micro-batch's own randomness; the same after a resume
};

/// A batch's losses as a chain of stages.
struct StagedLosses {
  nn::Chain chain;                 ///< its last stage gives the losses, scalars
  nn::Activations input;           ///< a^0
  std::vector<std::string> names;  ///< of the losses

  Losses named(const nn::Activations& outputs) const;
};

class Task : public Learner {
 public:
  /// By a Trainer.
  TrainResult run(const TrainConfig& config, RunFolder& folder) override;

  virtual torch::nn::Module& network() = 0;
  /// A fresh stream over the training split, `batch` examples a batch, shuffled by `random`.
  virtual std::unique_ptr<data::Stream> stream(int64_t batch, RandomStream random) = 0;
  /// By default those of `stages`.
  virtual Losses losses(const data::Batch& batch, const StepContext& context);
  /// The same losses stage by stage, so that train.memory_budget can choose which stages to compute again; nothing for
  /// a network that does not say its stages. They must be plain functions (nn/chain.h).
  virtual std::optional<StagedLosses> stages(const data::Batch& batch, const StepContext& context);
  /// The metric that chooses the best checkpoint, and whether lower is better.
  virtual std::string leading_metric() const = 0;
  virtual bool lower_is_better() const { return true; }
  /// Called after each optimiser step, e.g. to keep masked weights at zero.
  virtual void after_step() {}
};

}  // namespace cairn::train
