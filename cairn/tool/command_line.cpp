#include "cairn/tool/command_line.h"

#include <ATen/Parallel.h>

#include <CLI/CLI.hpp>

#include <algorithm>
#include <iostream>

#include "cairn/base/error.h"
#include "cairn/base/log.h"
#include "cairn/base/text.h"

namespace cairn::tool {

struct CommandLine::Parser {
  CLI::App app;
};

CommandLine::CommandLine(const std::string& verb)
    : verb_(verb), parser_(new Parser{CLI::App(verb_named(verb).summary, "cairn " + verb)}) {
  parser_->app.set_help_flag();  // ours, so that a verb can say more once its positionals are known
  const OptionLook look{.group = "Every verb"};
  add("-h,--help", &common_.help, "print this", look);
  add("--json", &common_.json, "results as JSON on stdout", look);
  add("--quiet", &common_.quiet, "on stderr, only warnings and errors", look);
  add("--verbose", &common_.verbose, "on stderr, details too", look);
  add("--threads", &common_.threads, "threads to compute with; 0 lets the machine decide", look);
}

CommandLine::~CommandLine() = default;

void CommandLine::add(const std::string& name, OptionTarget target, const std::string& help, const OptionLook& look) {
  CLI::App& app = parser_->app;
  CLI::Option* option = std::visit(
      [&](auto* value) {
        using Value = std::remove_pointer_t<decltype(value)>;
        if constexpr (std::is_same_v<Value, bool>) {
          return app.add_flag(name, *value, help);
        } else {
          return app.add_option(name, *value, help);
        }
      },
      target);
  const bool number =
      std::holds_alternative<int64_t*>(target) || std::holds_alternative<std::optional<int64_t>*>(target);
  if (number) option->check(CLI::NonNegativeNumber);
  if (const auto* text = std::get_if<std::string*>(&target); text && !(*text)->empty()) option->capture_default_str();
  if (!look.choices.empty()) option->check(CLI::IsMember(look.choices));
  if (!look.type.empty()) option->option_text(look.type);
  if (look.words == OptionLook::Words::maybe) option->expected(0, 1)->default_str("true");
  if (look.words == OptionLook::Words::last) option->expected(1)->take_last();
  option->group(look.group);
}

void CommandLine::add_seed() {
  add("--seed", &common_.seed, "of all random numbers (train.seed)");
}

void CommandLine::add_device() {
  add("--device", &common_.device, "cpu or cuda (train.device)");
}

void CommandLine::add_footer(const std::string& text) {
  parser_->app.footer(text);
}

std::string CommandLine::help_text() const {
  return parser_->app.help();
}

std::vector<std::string> CommandLine::option_names() const {
  std::vector<std::string> names;
  for (const CLI::Option* option : parser_->app.get_options()) {
    for (const auto& name : option->get_lnames()) names.push_back("--" + name);
  }
  return names;
}

void CommandLine::parse_only(const Arguments& arguments) {
  try {
    parser_->app.parse(Arguments(arguments.rbegin(), arguments.rend()));  // CLI11 takes its vector from the back
  } catch (const CLI::ExtrasError&) {
    const auto extras = parser_->app.remaining();
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

Arguments with_options(Arguments overrides, const CommonOptions& common) {
  if (common.seed) overrides.push_back(cat("train.seed=", *common.seed));
  if (common.threads > 0) overrides.push_back(cat("train.threads=", common.threads));
  if (common.device) overrides.push_back("train.device=" + *common.device);
  return overrides;
}

}  // namespace cairn::tool
