// `cairn eval`: a trained model's metrics on one split.
#include <chrono>

#include "cairn/base/error.h"
#include "cairn/models/registry.h"
#include "cairn/tool/command_line.h"
#include "cairn/tool/model_path.h"
#include "cairn/tool/train_result.h"
#include "cairn/train/autocast.h"

namespace cairn::tool {

namespace {

/// The document whose `data` section the evaluator reads: the recipe, or SPEC alone as the split asked for.
Document data_document(const std::filesystem::path& folder, const std::string& spec, data::Split split) {
  if (spec.empty()) return training_recipe(folder);
  return Document(Json{{"data", {{data::name_of(split), spec}}}}, "command line");
}

data::Split first_held_out(const train::Learner& learner) {
  return learner.has(data::Split::test) ? data::Split::test : data::Split::valid;
}

}  // namespace

int eval_verb(const Arguments& arguments) {
  CommandLine line("eval");
  std::string model, spec, split_name, precision = "fp32";
  int64_t limit = 0;
  line.add("MODEL", &model, "a model folder, a run folder, or a shipped model's name");
  line.add("--data", &spec, "a catalogue name or a path; the data it was trained with if not given");
  line.add("--split", &split_name, "train, valid or test; test if not given");
  line.add("--limit", &limit, "the first N examples; 0 means all");
  line.add("--precision", &precision, "fp32, or bf16: matrix products in bf16, faster where the processor has it",
           {.choices = {"fp32", "bf16"}});
  if (!line.parse(arguments)) return 0;
  line.require(model, "MODEL");

  const auto wanted = split_name.empty() ? data::Split::test : data::split_named(split_name);
  const auto folder = model_folder(model);
  const auto learner = system_of(folder).evaluator(folder, data_document(folder, spec, wanted));
  const auto split = split_name.empty() ? first_held_out(*learner) : wanted;

  const auto start = std::chrono::steady_clock::now();
  const train::Autocast autocast({.device = torch::kCPU, .enabled = precision == "bf16"});
  const auto result = learner->evaluate({.split = split, .limit = limit, .final = true});
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
  Json printed = {{"metrics", to_json(result.metrics, cat(data::name_of(split), "."))},
                  {"count", result.count},
                  {"seconds", seconds.count()}};
  for (const auto& [name, note] : result.notes) printed["notes"][name] = note;
  print_result(printed, line.style());
  return 0;
}

}  // namespace cairn::tool
