// The verbs of the command line: one function each, listed in one table.
#pragma once

#include <string>
#include <vector>

namespace cairn::tool {

using Arguments = std::vector<std::string>;

// Each parses what was typed after its name, calls the library and prints. Returns the exit code; throws for failures.
int train_verb(const Arguments& arguments);
int resume_verb(const Arguments& arguments);
int eval_verb(const Arguments& arguments);
int run_verb(const Arguments& arguments);
int import_verb(const Arguments& arguments);
int export_verb(const Arguments& arguments);
int info_verb(const Arguments& arguments);
int data_verb(const Arguments& arguments);
int plan_verb(const Arguments& arguments);
int bench_verb(const Arguments& arguments);
int demo_verb(const Arguments& arguments);
int help_verb(const Arguments& arguments);

struct Verb {
  std::string name;
  std::string usage;    ///< what follows the name
  std::string summary;  ///< one line
  int (*run)(const Arguments&);
};

const std::vector<Verb>& verbs();
/// Throws UsageError with the nearest name.
const Verb& verb_named(const std::string& name);
/// Runs what was typed after the program's name.
int dispatch(const Arguments& arguments);

}  // namespace cairn::tool
