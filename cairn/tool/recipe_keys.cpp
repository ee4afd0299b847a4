#include "cairn/tool/recipe_keys.h"

#include "cairn/train/train_config.h"

namespace cairn::tool {

std::string keys_help(const System& system) {
  train::TrainConfig config;
  return system.options_help() + "train:\n" + fields_of(config).help_text();
}

}  // namespace cairn::tool
