#include "cairn/train/model_card.h"

#include <sstream>

#include "cairn/base/error.h"
#include "cairn/base/text.h"
#include "cairn/io/atomic_file.h"

namespace cairn::train {

namespace {

std::string readme(const Learner& learner, const RunFolder& folder, const ModelCard& card) {
  const Json facts = folder.facts();
  const Json& machine = facts.at("machine");
  std::ostringstream md;
  md << "# " << facts.at("name").get<std::string>() << "\n\n" << learner.describe() << "\n\n";
  md << "| measured | value |\n|---|---|\n";
  for (const auto& [name, value] : card.metrics) md << "| " << name << " | " << exact(value) << " |\n";
  md << "\n";
  for (const auto& [split, count] : card.counts) md << "Split `" << split << "`: " << count << " examples.\n";
  md << "\n- Parameters: " << card.parameters << "\n- Trained: " << card.steps << " steps, " << fixed(card.epochs, 2)
     << " epochs, " << human_seconds(card.seconds) << "\n- Command: `" << facts.at("command").get<std::string>()
     << "`; the whole recipe stands in `config.json`\n- Data licence: " << learner.data_licence()
     << "\n- Made with Cairn " << machine.at("cairn").get<std::string>() << ", LibTorch "
     << machine.at("libtorch").get<std::string>() << ", on " << machine.at("cpu").get<std::string>() << " ("
     << machine.at("cores") << " cores), begun " << facts.at("started").get<std::string>() << "\n";
  return md.str();
}

}  // namespace

Json model_config_json(const Learner& learner, const Recipe& recipe, const Metrics& metrics) {
  return {{"system", recipe.system},
          {"format", 1},
          {"model", learner.model_config()},
          {"metrics", to_json(metrics)},
          {"recipe", recipe.document.values()}};
}

void write_model_folder(const Learner& learner, const RunFolder& folder, const Tensors& tensors,
                        const ModelCard& card) {
  io::AtomicFolder fresh(folder.model());
  write_model_files(fresh.path(), {.config = model_config_json(learner, folder.recipe(), card.metrics),
                                   .tensors = tensors,
                                   .extras = [&](const std::filesystem::path& path) { learner.write_extras(path); }});
  io::write_file(fresh.path() / "README.md", readme(learner, folder, card));
  fresh.commit();
}

}  // namespace cairn::train
