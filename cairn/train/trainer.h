// The one training loop.
#pragma once

#include "cairn/train/run_folder.h"
#include "cairn/train/task.h"
#include "cairn/train/train_config.h"

namespace cairn::train {

struct TrainResult {
  int64_t steps = 0;
  double epochs = 0;
  double seconds = 0;  ///< of training, over all sittings
  int64_t parameters = 0;
  Metrics metrics;           ///< "valid.nll", "best.valid.nll", "test.nll", ...
  bool interrupted = false;  ///< stopped by a signal; a checkpoint was written
};

class Trainer {
 public:
  explicit Trainer(TrainConfig config);
  /// Trains from the newest checkpoint of `folder`, or from the start if it has none; leaves `folder`/model.
  TrainResult run(Task& task, RunFolder& folder);

 private:
  TrainConfig config_;
};

}  // namespace cairn::train
