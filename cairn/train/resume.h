// What may change when a run goes on, and what must not.
#pragma once

#include <string>
#include <vector>

#include "cairn/train/run_folder.h"

namespace cairn::train {

struct ResumeOptions {
  std::vector<std::string> overrides;  ///< "train.epochs=20"
  bool anyway = false;                 ///< go on although code, LibTorch or thread count differ; the bits may then too
};

/// The recipe to go on with, also written to the run's recipe.yaml. Throws UsageError if an override is of a key that
/// neither lengthens nor observes the run, if the run is finished and not lengthened, or if the conditions of its
/// newest checkpoint differ from the present ones (each named), unless `anyway`. With `anyway` train.threads and
/// train.device may change too.
Recipe prepare_resume(const RunFolder& folder, const ResumeOptions& options);

}  // namespace cairn::train
