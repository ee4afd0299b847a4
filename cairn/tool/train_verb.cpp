// `cairn train`: a recipe becomes a run folder.
#include <iostream>

#include "cairn/base/error.h"
#include "cairn/base/text.h"
#include "cairn/models/registry.h"
#include "cairn/tool/command_line.h"
#include "cairn/tool/recipe_keys.h"
#include "cairn/tool/train_result.h"
#include "cairn/train/memory_meter.h"
#include "cairn/train/run_folder.h"

namespace cairn::tool {

int train_verb(const Arguments& arguments) {
  CommandLine line("train");
  std::string name, run;
  Arguments overrides;
  line.add("RECIPE", &name, "a recipe file, or a name below recipes/");
  line.add("overrides", &overrides, "values that replace the recipe's", {.type = "key.path=value ..."});
  line.add("--run", &run, "the run folder to make; runs/RECIPE-N if not given");
  line.add_seed();
  line.add_device();
  line.parse_only(arguments);
  if (line.common().help) {
    std::cout << line.help_text();
    if (name.empty()) {
      std::cout << "\n`cairn train RECIPE --help` lists the recipe's keys.\n";
    } else {
      const auto recipe = train::load_recipe(name, overrides);
      std::cout << "\nKeys of " << recipe.name << " (system " << recipe.system << "):\n"
                << keys_help(system_named(recipe.system));
    }
    return 0;
  }
  line.require(name, "RECIPE");

  const train::Recipe recipe = train::load_recipe(name, with_options(overrides, line.common()));
  train::count_memory();  // before anything is read, so that all is counted
  const System& system = system_named(recipe.system);
  const auto config = train::read_train_config(recipe.document);
  // Before the folder is made: a wrong key or absent data leave nothing behind.
  const auto learner = system.learner(recipe);
  auto folder =
      train::RunFolder::create({.path = run, .recipe = recipe, .command = "cairn train " + join(arguments, " ")});
  return print_train_result(learner->run(config, folder), folder.path(), line.style());
}

}  // namespace cairn::tool
