// The checkpoints of a run: complete or absent, the newest few and the best weights kept.
//
// checkpoints/step-N/ is also a model folder: config.json and model.safetensors (the moving average where there is
// one); with it optimizer.safetensors, state.json, and weights.safetensors (the weights that are trained) where the
// average stands in model.safetensors, and carried.safetensors where the task carries something from step to step.
// checkpoints/best-N/ is a model folder alone.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "cairn/train/loop_state.h"

namespace cairn::train {

using Tensors = std::map<std::string, torch::Tensor>;

/// What config.json and model.safetensors hold.
struct ModelFiles {
  Json config;
  Tensors tensors;
  std::function<void(const std::filesystem::path&)> extras = {};  ///< writes what else belongs into the folder
};

struct Checkpoint {
  ModelFiles model;
  std::optional<Tensors> weights;  ///< where they are not model.tensors
  Tensors optimizer;
  Tensors carried;  ///< CarriedState
  LoopState state;
  std::string source;  ///< the folder it was read from
};

class CheckpointStore {
 public:
  /// `keep` >= 1 newest checkpoints stay.
  CheckpointStore(std::filesystem::path folder, int64_t keep);

  /// Throws EnvironmentError if the disk refuses; earlier checkpoints are then as they were.
  void save(const Checkpoint& checkpoint);
  void save_best(int64_t step, const ModelFiles& model);
  Tensors read_best(int64_t step) const;
  /// The mean of the usable weights of the `count` newest checkpoints, or of those there are; what is no floating-point
  /// number is the newest one's.
  Tensors mean_of_newest(int64_t count) const;

  /// The newest one that can be read; a damaged one is passed over with a warning. None if there is none.
  /// Throws InputError naming them if all are damaged.
  std::optional<Checkpoint> newest() const;
  /// Its folder, by name alone.
  std::optional<std::filesystem::path> newest_folder() const;
  /// Removes what an interrupted write left. Only for the process that holds the run's lock.
  void remove_leftovers();

 private:
  std::vector<int64_t> steps(const std::string& kind) const;
  std::filesystem::path at(const std::string& kind, int64_t step) const;
  void prune(const LoopState& newest);

  std::filesystem::path folder_;
  int64_t keep_;
};

/// Throws InputError naming the file that is missing or damaged.
Checkpoint read_checkpoint(const std::filesystem::path& folder);
LoopState read_loop_state(const std::filesystem::path& checkpoint_folder);

/// Writes config.json, model.safetensors and the extras into an existing folder.
void write_model_files(const std::filesystem::path& folder, const ModelFiles& model);

}  // namespace cairn::train
