// What a system's section of `cairn demo` works with.
#pragma once

#include <filesystem>
#include <string>

#include "cairn/base/document.h"
#include "cairn/train/learner.h"
#include "cairn/train/recipe.h"

namespace cairn {

namespace vision {
class Page;
}

struct DemoContext {
  vision::Page& page;            ///< the report; a section begins with a heading
  std::filesystem::path folder;  ///< an existing folder of the section's own, for runs and files
  Json& results;                 ///< what the tool prints for this system: {"test.nll": 98.1, ...}
};

/// What was trained within a section.
struct DemoRun {
  train::TrainResult result;
  std::filesystem::path model;
  /// Throws UsageError if there is none of this name.
  double metric(const std::string& name) const;
};
/// Trains by `recipe` into a run folder of the section's. Throws EnvironmentError if a signal stopped it.
DemoRun train_for_demo(const DemoContext& context, const std::string& name, const train::Recipe& recipe,
                       train::Learner& learner);

}  // namespace cairn
