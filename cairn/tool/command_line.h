// A verb's command line: its own options and positionals beside those that every verb takes. CLI11 does the work and is
// seen by command_line.cpp alone: its headers cost a file ten seconds.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

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

/// Where the typed words go. A bool is a flag; numbers must be 0 or more; a vector takes all words that come.
using OptionTarget = std::variant<bool*, int64_t*, std::optional<int64_t>*, std::string*, std::optional<std::string>*,
                                  std::vector<std::string>*>;

/// What an option shows in --help and takes, where its target's type does not say it.
struct OptionLook {
  std::string type = {};                  ///< the name of its type
  std::string group = "Options";          ///< its heading; "" hides the option
  std::vector<std::string> choices = {};  ///< nothing else is taken
  enum class Words {
    by_target,
    last,   ///< one word each time it is typed; the last one counts
    maybe,  ///< one word, or none for "true"
  } words = Words::by_target;
};

class CommandLine {
 public:
  /// `verb`'s usage and summary come from the table.
  explicit CommandLine(const std::string& verb);
  ~CommandLine();

  /// Adds an option ("--split") or a positional ("MODEL"; check with `require` that it is there). A text's value on
  /// entry is shown as its default.
  void add(const std::string& name, OptionTarget target, const std::string& help, const OptionLook& look = {});
  void add_seed();
  void add_device();
  /// Text below the options in --help.
  void add_footer(const std::string& text);

  /// Parses and applies the common options (log level, threads). Throws UsageError, with the nearest option for an
  /// unknown one. Returns false if help was asked for and printed.
  bool parse(const Arguments& arguments);
  /// As parse, but leaves the answer to --help to the caller.
  void parse_only(const Arguments& arguments);
  std::string help_text() const;

  /// Throws UsageError that `name` is missing if `value` is empty.
  void require(const std::string& value, const char* name) const;

  const CommonOptions& common() const { return common_; }
  OutputStyle style() const { return {.json = common_.json}; }

 private:
  struct Parser;
  std::vector<std::string> option_names() const;

  std::string verb_;
  std::unique_ptr<Parser> parser_;
  CommonOptions common_;
};

/// A recipe's overrides with those behind them that --seed, --threads and --device stand for.
Arguments with_options(Arguments overrides, const CommonOptions& common);

}  // namespace cairn::tool
