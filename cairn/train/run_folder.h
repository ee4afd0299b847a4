// A run folder: what `train` leaves, and what `resume`, `info` and the report read.
#pragma once

#include <filesystem>
#include <string>

#include "cairn/train/recipe.h"

namespace cairn::train {

/// How a run begins.
struct NewRun {
  std::filesystem::path path;  ///< empty: runs/<recipe>-<n>, the first n that is free
  Recipe recipe;
  std::string command;  ///< as typed, for the model card
};

/// One process at a time holds a run folder: it is locked as long as the object lives, and unlocked however the process
/// ends.
class RunFolder {
 public:
  /// Makes the folder with recipe.yaml (its `train` section complete with defaults) and run.json. Throws UsageError if
  /// the path exists or the recipe's train section is wrong, EnvironmentError if the folder cannot be made.
  static RunFolder create(const NewRun& run);
  /// Throws UsageError if it is no run folder or another process is training it.
  static RunFolder open(const std::filesystem::path& path);
  /// Whether `path` is a run folder, complete as far as it goes.
  static bool is_run(const std::filesystem::path& path);

  RunFolder(RunFolder&& other) noexcept;
  RunFolder& operator=(RunFolder&&) = delete;
  ~RunFolder();

  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path recipe_file() const { return path_ / "recipe.yaml"; }
  std::filesystem::path log() const { return path_ / "log.jsonl"; }
  std::filesystem::path events() const { return path_ / "events.out.tfevents.cairn"; }
  std::filesystem::path checkpoints() const { return path_ / "checkpoints"; }
  std::filesystem::path model() const { return path_ / "model"; }
  std::filesystem::path report() const { return path_ / "report.html"; }
  std::filesystem::path result_file() const { return path_ / "result.json"; }

  Recipe recipe() const;
  void write_recipe(const Recipe& recipe) const;
  /// run.json: {"name", "command", "started" (UTC), "machine" (machine.h)}
  Json facts() const;
  /// result.json, which the finished run left: {"steps", "epochs", "seconds", "parameters", "metrics"}; null before
  /// that.
  Json result() const;
  bool finished() const { return std::filesystem::exists(result_file()); }
  void write_result(const Json& result) const;
  /// No longer finished: result.json goes, all else stays.
  void reopen() const;

 private:
  explicit RunFolder(std::filesystem::path path);

  std::filesystem::path path_;
  int lock_ = -1;
};

}  // namespace cairn::train
