// The one table of systems. A new system is a folder, a line here, a recipe, a test and a page.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "cairn/base/benchmark.h"
#include "cairn/base/document.h"
#include "cairn/base/options.h"
#include "cairn/models/demo.h"
#include "cairn/models/layout.h"
#include "cairn/models/pipeline.h"
#include "cairn/train/learner.h"
#include "cairn/train/recipe.h"

namespace cairn {

struct System {
  std::string name;
  std::string summary;
  /// What `train` and `resume` run. Throws UsageError for an unknown key in the recipe's `model` or `data` section.
  std::function<std::unique_ptr<train::Learner>(const train::Recipe&)> learner;
  /// A learner over a trained model folder, for `eval`: `data` replaces the data the model was trained with.
  std::function<std::unique_ptr<train::Learner>(const std::filesystem::path& model_folder, const Document& data)>
      evaluator;
  std::function<std::unique_ptr<Pipeline>(const std::filesystem::path& model_folder)> pipeline;
  /// Help texts of the recipe's `model`, `data` and `eval` sections.
  std::function<std::string()> options_help;
  /// Foreign weight layouts; may be empty.
  std::vector<Layout> layouts;
  /// This system's section of `cairn demo`; may be empty.
  std::function<void(DemoContext&)> demo;
  /// Named "<system>/..."; may be empty.
  std::function<std::vector<Benchmark>()> benchmarks;
};

const std::vector<System>& systems();
/// Throws UsageError with the nearest name.
const System& system_named(const std::string& name);
/// The system of a model folder, by its config.json. Throws InputError if it is no model folder.
const System& system_of(const std::filesystem::path& model_folder);

}  // namespace cairn
