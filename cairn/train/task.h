// How a system trains by gradient steps and is measured. The Trainer owns the loop and asks the task for the rest.
#pragma once

#include <memory>
#include <string>

#include <torch/nn/module.h>

#include "cairn/base/random.h"
#include "cairn/data/stream.h"
#include "cairn/train/learner.h"

namespace cairn::train {

using Losses = Named<torch::Tensor>;

struct StepContext {
  int64_t step = 0;     ///< optimiser steps done before this one
  int64_t micro = 0;    ///< which of the step's accumulated batches this is
  RandomStream random;  ///< this micro-batch's own randomness; the same after a resume
};

class Task : public Learner {
 public:
  /// By a Trainer.
  TrainResult run(const TrainConfig& config, RunFolder& folder) override;

  virtual torch::nn::Module& network() = 0;
  /// A fresh stream over the training split, `batch` examples a batch, shuffled by `random`.
  virtual std::unique_ptr<data::Stream> stream(int64_t batch, RandomStream random) = 0;
  virtual Losses losses(const data::Batch& batch, const StepContext& context) = 0;
  /// The metric that chooses the best checkpoint, and whether lower is better.
  virtual std::string leading_metric() const = 0;
  virtual bool lower_is_better() const { return true; }
  /// Called after each optimiser step, e.g. to keep masked weights at zero.
  virtual void after_step() {}
};

}  // namespace cairn::train
