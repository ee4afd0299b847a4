// `cairn resume`: a run goes on where it stopped.
#include "cairn/base/error.h"
#include "cairn/models/registry.h"
#include "cairn/tool/command_line.h"
#include "cairn/tool/train_result.h"
#include "cairn/train/memory_meter.h"
#include "cairn/train/resume.h"

namespace cairn::tool {

namespace {

/// --threads becomes an override where the recipe names another count, or where it is to be kept for later.
bool overrides_threads(const train::RunFolder& folder, int64_t threads, bool anyway) {
  const int64_t before = train::read_train_config(folder.recipe().document).threads;
  return threads > 0 && threads != before && (anyway || before > 0);
}

}  // namespace

int resume_verb(const Arguments& arguments) {
  CommandLine line("resume");
  std::string run;
  train::ResumeOptions options;
  line.add("RUN", &run, "a run folder");
  line.add("overrides", &options.overrides, "values that lengthen or observe the run: train.epochs=20",
           {.type = "key.path=value ..."});
  line.add("--anyway", &options.anyway, "go on although code, LibTorch or threads differ; the bits may then too");
  line.add_device();
  if (!line.parse(arguments)) return 0;
  line.require(run, "RUN");

  auto folder = train::RunFolder::open(run);
  const CommonOptions& common = line.common();
  if (overrides_threads(folder, common.threads, options.anyway)) {
    options.overrides.push_back(cat("train.threads=", common.threads));
  }
  if (common.device) options.overrides.push_back("train.device=" + *common.device);
  const train::Recipe recipe = train::prepare_resume(folder, options);
  train::count_memory();  // before anything is read, so that all is counted
  const auto learner = system_named(recipe.system).learner(recipe);
  const auto config = train::read_train_config(recipe.document);
  return print_train_result(learner->run(config, folder), folder.path(), line.style());
}

}  // namespace cairn::tool
