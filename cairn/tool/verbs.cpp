#include "cairn/tool/verbs.h"

#include "cairn/base/error.h"
#include "cairn/base/text.h"

namespace cairn::tool {

const std::vector<Verb>& verbs() {
  static const std::vector<Verb> table{
      {"train", "RECIPE [key.path=value ...]", "train a model by a recipe; leaves a run folder", train_verb},
      {"resume", "RUN [key.path=value ...]", "go on where a run stopped, to the same bits", resume_verb},
      {"eval", "MODEL", "a model's metrics on a split of its data, or of other data", eval_verb},
      {"run", "MODEL TASK", "use a model: score, sample, ... (without TASK: list the tasks)", run_verb},
      {"import", "LAYOUT FILE... --out MODEL", "weights in a foreign layout become a model folder", import_verb},
      {"export", "MODEL LAYOUT --out FILE", "a model's weights in a foreign layout", export_verb},
      {"info", "[PATH]", "what is in a model, run, checkpoint, recipe or file of tensors", info_verb},
      {"data", "list|path|fetch|verify [NAME]", "the catalogue of data sets", data_verb},
      {"plan", "RECIPE [--memory-budget SIZE]", "what a recipe's stages cost, and how it trains in less memory",
       plan_verb},
      {"bench", "[NAME...]", "the speed of our operators and systems, and of their peers side by side", bench_verb},
      {"demo", "", "every system that is built, on shipped models and data, into demo/report.html", demo_verb},
      {"help", "[VERB|SYSTEM]", "this list, a verb's options, or the keys of a system's recipes", help_verb},
  };
  return table;
}

const Verb& verb_named(const std::string& name) {
  std::vector<std::string> names;
  for (const Verb& verb : verbs()) {
    if (verb.name == name) return verb;
    names.push_back(verb.name);
  }
  throw UsageError("cairn",
                   cat("unknown verb '", name, "'", did_you_mean(name, names), "; known: ", join(names, ", ")));
}

int dispatch(const Arguments& arguments) {
  if (arguments.empty() || arguments[0] == "--help" || arguments[0] == "-h") return help_verb({});
  return verb_named(arguments[0]).run({arguments.begin() + 1, arguments.end()});
}

}  // namespace cairn::tool
