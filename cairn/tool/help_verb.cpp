// `cairn help`: the verbs, one verb's options, or a system's keys.
#include <iomanip>
#include <iostream>

#include "cairn/base/error.h"
#include "cairn/base/text.h"
#include "cairn/tool/recipe_keys.h"
#include "cairn/tool/verbs.h"

namespace cairn::tool {

namespace {

int help_about(const std::string& topic) {
  std::vector<std::string> topics;
  for (const Verb& verb : verbs()) {
    if (verb.name == topic) return verb.run({"--help"});
    topics.push_back(verb.name);
  }
  for (const System& system : systems()) {
    if (system.name == topic) {
      std::cout << system.name << ": " << system.summary << "\n\nKeys of its recipes:\n" << keys_help(system);
      return 0;
    }
    topics.push_back(system.name);
  }
  throw UsageError("cairn help",
                   cat("nothing about '", topic, "'", did_you_mean(topic, topics), "; known: ", join(topics, ", ")));
}

}  // namespace

int help_verb(const Arguments& arguments) {
  if (!arguments.empty() && arguments[0].rfind("-", 0) != 0) return help_about(arguments[0]);
  std::cout << "cairn: train, evaluate and use landmark deep-learning systems\n\n";
  for (const Verb& verb : verbs()) {
    std::cout << "  cairn " << std::left << std::setw(40) << verb.name + " " + verb.usage << verb.summary << "\n";
  }
  std::cout << "\nMODEL is a model folder, a run folder, or the name of a shipped model (`cairn info` lists them).\n"
               "RECIPE is a file, or a name below recipes/ (autoregressive/nade). `cairn VERB --help` says more.\n"
               "Results go to stdout (--json for machines), everything else to stderr.\n"
               "Exit codes: 0 done, 1 failed, 2 wrong use.\n";
  return 0;
}

}  // namespace cairn::tool
