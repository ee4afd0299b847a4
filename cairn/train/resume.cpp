#include "cairn/train/resume.h"

#include <algorithm>
#include <optional>

#include <ATen/Parallel.h>

#include "cairn/base/error.h"
#include "cairn/base/log.h"
#include "cairn/base/text.h"
#include "cairn/train/checkpoint.h"
#include "cairn/train/machine.h"
#include "cairn/train/schedule.h"

namespace cairn::train {

namespace {

void check_keys(const ResumeOptions& options) {
  std::vector<std::string> allowed = {"train.epochs", "train.steps", "train.log_every", "train.checkpoint_every",
                                      "train.keep"};
  if (options.anyway) allowed.insert(allowed.end(), {"train.threads", "train.device"});
  for (const auto& assignment : options.overrides) {
    const std::string key = assignment.substr(0, assignment.find('='));
    if (std::find(allowed.begin(), allowed.end(), key) == allowed.end()) {
      throw UsageError(key, "cannot change when a run goes on; what can: " + join(allowed, ", "));
    }
  }
}

/// Null if the run has no checkpoint, or a damaged one: the trainer says so and takes the one before.
std::optional<LoopState> newest_state(const RunFolder& folder, const TrainConfig& config) {
  const auto newest = CheckpointStore(folder.checkpoints(), config.keep).newest_folder();
  if (!newest) return std::nullopt;
  try {
    return read_loop_state(*newest);
  } catch (const InputError&) {
    return std::nullopt;
  }
}

void check_conditions(const RunFolder& folder, const LoopState& state, const TrainConfig& config, bool anyway) {
  const int64_t threads = config.threads > 0 ? config.threads : at::get_num_threads();
  const auto lines = differences(state.conditions, conditions(threads));
  if (lines.empty()) return;
  const std::string what = join(lines, "; ");
  if (!anyway) {
    throw UsageError(folder.path().string(),
                     what + "; the run would not end in the same bits (--anyway goes on nevertheless)");
  }
  log::warn(cat("going on although ", what));
}

}  // namespace

Recipe prepare_resume(const RunFolder& folder, const ResumeOptions& options) {
  check_keys(options);
  const Recipe before = folder.recipe();
  Recipe recipe = before;
  for (const auto& assignment : options.overrides) recipe.document.override_with(assignment);
  const TrainConfig config = read_train_config(recipe.document);

  if (const auto state = newest_state(folder, config)) {
    const int64_t old_total = total_steps(read_train_config(before.document), state->steps_per_epoch);
    const int64_t total = total_steps(config, state->steps_per_epoch);
    if (total < old_total) {
      throw UsageError(folder.path().string(), cat("the length of a run can only grow: ",
                                                   got_expected(cat(total, " steps"), cat("at least ", old_total))));
    }
    if (folder.finished() && total == old_total) {
      throw UsageError(folder.path().string(), cat("this run is finished after ", state->step,
                                                   " steps; a larger train.epochs or train.steps lengthens it"));
    }
    check_conditions(folder, *state, config, options.anyway);
    if (total > old_total && depends_on_total(config)) {
      log::info(cat("the '", config.schedule, "' schedule now ends at step ", total, " instead of ", old_total,
                    ": learning rates from here on differ from those planned before"));
    }
  }
  folder.reopen();
  folder.write_recipe(recipe);
  return recipe;
}

}  // namespace cairn::train
