// A verb's command line: its own options and positionals beside those that every verb takes.
#pragma once

#include <CLI/CLI.hpp>
#include <optional>
#include <string>

#include "cairn/tool/output.h"
#include "cairn/tool/verbs.h"

namespace cairn::tool {

struct CommonOptions {
  bool help = false;
  bool json = false;
  bool quiet = false;
  bool verbose = false;
  int64_t threads = 0;                ///< 0: LibTorch's choice
  std::optional<int64_t> seed;        ///< where add_seed was called
  std::optional<std::string> device;  ///< where add_device was called
};

class CommandLine {
 public:
  /// `verb`'s usage and summary come from the table.
  explicit CommandLine(const std::string& verb);

  /// Add options here: `line.app().add_option("--split", split, "...")`. Check positionals with `require`.
  CLI::App& app() { return app_; }
  void add_seed();
  void add_device();

  /// Parses and applies the common options (log level, threads). Throws UsageError, with the nearest option for an
  /// unknown one. Returns false if help was asked for and printed.
  bool parse(const Arguments& arguments);
  /// As parse, but leaves the answer to --help to the caller.
  void parse_only(const Arguments& arguments);
  std::string help_text() const { return app_.help(); }

  /// Throws UsageError that `name` is missing if `value` is empty.
  void require(const std::string& value, const char* name) const;

  const CommonOptions& common() const { return common_; }
  OutputStyle style() const { return {.json = common_.json}; }

 private:
  std::vector<std::string> option_names() const;

  std::string verb_;
  CLI::App app_;
  CommonOptions common_;
};

}  // namespace cairn::tool
