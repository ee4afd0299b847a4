// The one training loop.
#pragma once

#include "cairn/train/run_folder.h"
#include "cairn/train/task.h"
#include "cairn/train/train_config.h"

namespace cairn::train {

class Trainer {
 public:
  explicit Trainer(TrainConfig config);
  /// Trains from the newest checkpoint of `folder`, or from the start if it has none; leaves `folder`/model.
  TrainResult run(Task& task, RunFolder& folder);

 private:
  TrainConfig config_;
};

}  // namespace cairn::train
