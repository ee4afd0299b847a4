#include "cairn/models/demo.h"

#include "cairn/base/error.h"
#include "cairn/train/run_folder.h"

namespace cairn {

DemoRun train_for_demo(const DemoContext& context, const std::string& name, const train::Recipe& recipe,
                       train::Learner& learner) {
  auto folder = train::RunFolder::create({.path = context.folder / name, .recipe = recipe, .command = "cairn demo"});
  auto result = learner.run(train::read_train_config(recipe.document), folder);
  if (result.interrupted) throw EnvironmentError("demo", "interrupted while training");
  return {std::move(result), folder.model()};
}

double DemoRun::metric(const std::string& name) const {
  for (const auto& [key, value] : result.metrics) {
    if (key == name) return value;
  }
  throw UsageError("demo", cat("the run has no metric '", name, "'"));
}

}  // namespace cairn
