#include "cairn/tool/command_line.h"

#include <ATen/Parallel.h>

#include <algorithm>
#include <iostream>

#include "cairn/base/error.h"
#include "cairn/base/log.h"
#include "cairn/base/text.h"

namespace cairn::tool {

CommandLine::CommandLine(const std::string& verb) : verb_(verb), app_(verb_named(verb).summary, "cairn " + verb) {
  app_.set_help_flag();  // ours, so that a verb can say more once its positionals are known
  app_.add_flag("-h,--help", common_.help, "print this")->group("Every verb");
  app_.add_flag("--json", common_.json, "results as JSON on stdout")->group("Every verb");
  app_.add_flag("--quiet", common_.quiet, "on stderr, only warnings and errors")->group("Every verb");
  app_.add_flag("--verbose", common_.verbose, "on stderr, details too")->group("Every verb");
  app_.add_option("--threads", common_.threads, "threads to compute with; 0 lets the machine decide")
      ->check(CLI::NonNegativeNumber)
      ->group("Every verb");
}

void CommandLine::add_seed() {
  app_.add_option("--seed", common_.seed, "of all random numbers (train.seed)")->check(CLI::NonNegativeNumber);
}

void CommandLine::add_device() {
  app_.add_option("--device", common_.device, "cpu or cuda (train.device)");
}

std::vector<std::string> CommandLine::option_names() const {
  std::vector<std::string> names;
  for (const CLI::Option* option : app_.get_options()) {
    for (const auto& name : option->get_lnames()) names.push_back("--" + name);
  }
  return names;
}

void CommandLine::parse_only(const Arguments& arguments) {
  try {
    app_.parse(Arguments(arguments.rbegin(), arguments.rend()));  // CLI11 takes its vector from the back
  } catch (const CLI::ExtrasError&) {
    const auto extras = app_.remaining();
    const std::string first = split(extras.empty() ? "" : extras.front(), '=').front();
    const bool option = first.rfind("-", 0) == 0;
    throw UsageError("cairn " + verb_, cat(option ? "unknown option '" : "unexpected argument '", first, "'",
                                           option ? did_you_mean(first, option_names()) : ""));
  } catch (const CLI::ParseError& error) {
    throw UsageError("cairn " + verb_, error.what());
  }
  if (common_.quiet) log::set_level(log::Level::quiet);
  if (common_.verbose) log::set_level(log::Level::verbose);
  if (common_.threads > 0) at::set_num_threads(static_cast<int>(common_.threads));
}

bool CommandLine::parse(const Arguments& arguments) {
  parse_only(arguments);
  if (common_.help) std::cout << help_text();
  return !common_.help;
}

void CommandLine::require(const std::string& value, const char* name) const {
  if (!value.empty()) return;
  throw UsageError("cairn " + verb_, cat(name, " is missing; usage: cairn ", verb_, " ", verb_named(verb_).usage));
}

}  // namespace cairn::tool
