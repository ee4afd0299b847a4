#include "cairn/models/registry.h"

#include "cairn/base/error.h"
#include "cairn/base/text.h"
#include "cairn/models/autoregressive/autoregressive_system.h"
#include "cairn/models/model_folder.h"
#include "cairn/models/rnn/rnn_system.h"
#include "cairn/models/transformer/transformer_system.h"
#include "cairn/models/word2vec/word2vec_system.h"

namespace cairn {

const std::vector<System>& systems() {
  static const std::vector<System> table{
      autoregressive::autoregressive_system(),
      word2vec::word2vec_system(),
      rnn::rnn_system(),
      transformer::transformer_system(),
  };
  return table;
}

namespace {

const System* find_system(const std::string& name) {
  for (const System& system : systems()) {
    if (system.name == name) return &system;
  }
  return nullptr;
}

std::string unknown_system(const std::string& name) {
  std::vector<std::string> names;
  for (const System& system : systems()) names.push_back(system.name);
  return cat("unknown system '", name, "'", did_you_mean(name, names), "; known: ", join(names, ", "));
}

}  // namespace

const System& system_named(const std::string& name) {
  if (const System* system = find_system(name)) return *system;
  throw UsageError("system", unknown_system(name));
}

const System& system_of(const std::filesystem::path& model_folder) {
  const auto name = read_model_config(model_folder).at("system").get<std::string>();
  if (const System* system = find_system(name)) return *system;
  throw InputError((model_folder / "config.json").string(), unknown_system(name));
}

}  // namespace cairn
