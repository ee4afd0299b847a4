// `cairn help`: the verbs, or one verb's options.
#include <iomanip>
#include <iostream>

#include "cairn/base/error.h"
#include "cairn/tool/verbs.h"

namespace cairn::tool {

int help_verb(const Arguments& arguments) {
  if (!arguments.empty() && arguments[0].rfind("-", 0) != 0) return verb_named(arguments[0]).run({"--help"});
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
