// Runs the built program the way a user does, and looks at what it leaves on the disk.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "cairn/base/document.h"

namespace cairn::testing {

struct Outcome {
  int exit_code = 0;
  std::string out;
  std::string err;
  Json json() const { return Json::parse(out); }
};

/// A temporary folder that is the working directory of the programs run in it.
class Sandbox {
 public:
  Sandbox();
  ~Sandbox();
  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path operator/(const std::string& name) const { return path_ / name; }

  /// The tool with these arguments; `input` is its stdin.
  Outcome cairn(const std::vector<std::string>& arguments, const std::string& input = "") const;
  /// A line for /bin/sh; `cairn` and `./run` in it are the tool.
  Outcome shell(const std::string& script, const std::string& input = "") const;

  void write(const std::string& name, const std::string& bytes) const;
  std::string read(const std::string& name) const;
  /// Path and content of every file, to tell that nothing changed.
  std::map<std::string, std::string> files() const;

 private:
  std::filesystem::path path_;
};

struct Refusal {
  int exit_code = 1;
  std::vector<std::string> messages;  ///< parts of what stderr says
};
/// Runs the tool and expects that it refuses so, says nothing on stdout, and leaves the sandbox as it was.
void expect_refusal(const Sandbox& sandbox, const std::vector<std::string>& arguments, const Refusal& refusal);

/// Trains again and again, by the arguments that `train` gives for a run's name, killing and resuming the tool at
/// random instants, until it was killed 10 times; each run must leave the same model as the run `whole`.
void expect_same_bytes_when_killed(const Sandbox& sandbox, const std::string& whole,
                                   const std::function<std::vector<std::string>(const std::string& run)>& train);

/// A .npy file's bytes: uint8 values of the given shape.
std::string npy(const std::vector<int>& shape, const std::vector<uint8_t>& values);

/// A run of the recipe autoregressive/tiny, trained once for the whole program and copied into `sandbox` as `name`.
void copy_tiny_run(const Sandbox& sandbox, const std::string& name);

/// A sandbox with that run's model folder as `m` and nothing else.
struct WithModel {
  Sandbox sandbox;
  WithModel();
};

}  // namespace cairn::testing
