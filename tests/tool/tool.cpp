#include "tool.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <sstream>

#include "cairn/base/error.h"
#include "cairn/base/random.h"
#include "cairn/base/text.h"

namespace cairn::testing {

namespace fs = std::filesystem;

namespace {

std::string slurp(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

void redirect(const fs::path& path, int flags, int descriptor) {
  const int file = ::open(path.c_str(), flags, 0600);
  if (file < 0 || ::dup2(file, descriptor) < 0) ::_exit(126);
  ::close(file);
}

/// A folder for the streams of one program, beside the sandbox so that they are none of its files.
fs::path temporary_folder() {
  std::string name = (fs::temp_directory_path() / "cairn-test-XXXXXX").string();
  if (!::mkdtemp(name.data())) throw EnvironmentError(name, "cannot make a temporary folder");
  return name;
}

Outcome run(const fs::path& directory, const std::vector<std::string>& words, const std::string& input) {
  const fs::path streams = temporary_folder();
  std::ofstream(streams / "in", std::ios::binary) << input;
  std::vector<char*> argv;
  for (const auto& word : words) argv.push_back(const_cast<char*>(word.c_str()));
  argv.push_back(nullptr);
  const pid_t child = ::fork();
  if (child == 0) {
    redirect(streams / "in", O_RDONLY, 0);
    redirect(streams / "out", O_WRONLY | O_CREAT | O_TRUNC, 1);
    redirect(streams / "err", O_WRONLY | O_CREAT | O_TRUNC, 2);
    if (::chdir(directory.c_str()) != 0) ::_exit(126);
    ::execv(argv[0], argv.data());
    ::_exit(127);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  Outcome outcome{.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status),
                  .out = slurp(streams / "out"),
                  .err = slurp(streams / "err")};
  fs::remove_all(streams);
  return outcome;
}

/// The run is trained once, by the first test that asks for it.
const Sandbox& tiny_run_sandbox() {
  static const Sandbox sandbox;
  static const Outcome trained =
      sandbox.cairn({"train", "autoregressive/tiny", "--run", "run", "--threads", "1", "--quiet"});
  if (trained.exit_code != 0) throw EnvironmentError("autoregressive/tiny", trained.err);
  return sandbox;
}

}  // namespace

Sandbox::Sandbox() : path_(temporary_folder()) {
  ::setenv("CAIRN_HOME", CAIRN_SOURCE_DIR, /*overwrite=*/1);
  ::unsetenv("CAIRN_DATA");
}

Sandbox::~Sandbox() {
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

Outcome Sandbox::cairn(const std::vector<std::string>& arguments, const std::string& input) const {
  std::vector<std::string> words{CAIRN_TOOL};
  words.insert(words.end(), arguments.begin(), arguments.end());
  return run(path_, words, input);
}

Outcome Sandbox::shell(const std::string& script, const std::string& input) const {
  const fs::path programs = temporary_folder();
  fs::create_symlink(CAIRN_TOOL, programs / "cairn");
  if (!fs::exists(path_ / "run")) fs::create_symlink(CAIRN_TOOL, path_ / "run");
  const std::string path = cat("PATH='", programs.string(), "':\"$PATH\"; export PATH\n");
  const Outcome outcome = run(path_, {"/bin/sh", "-e", "-c", path + script}, input);
  fs::remove_all(programs);
  return outcome;
}

void Sandbox::write(const std::string& name, const std::string& bytes) const {
  fs::create_directories((path_ / name).parent_path());
  std::ofstream(path_ / name, std::ios::binary) << bytes;
}

std::string Sandbox::read(const std::string& name) const {
  return slurp(path_ / name);
}

std::map<std::string, std::string> Sandbox::files() const {
  std::map<std::string, std::string> found;
  for (const auto& entry : fs::recursive_directory_iterator(path_)) {
    const std::string name = fs::relative(entry.path(), path_).string();
    found[name] = entry.is_regular_file() ? slurp(entry.path()) : "";
  }
  return found;
}

void expect_refusal(const Sandbox& sandbox, const std::vector<std::string>& arguments, const Refusal& refusal) {
  const auto before = sandbox.files();
  const Outcome outcome = sandbox.cairn(arguments);
  const std::string what = cat("cairn ", join(arguments, " "), "\n", outcome.err);
  EXPECT_EQ(outcome.exit_code, refusal.exit_code) << what;
  EXPECT_EQ(outcome.out, "") << what;
  for (const auto& message : refusal.messages)
    EXPECT_NE(outcome.err.find(message), std::string::npos) << message << " in " << what;
  EXPECT_TRUE(sandbox.files() == before) << what;
}

namespace {

/// The tool again and again, killed after a random time, until it ends by itself: `first` until there is a run folder,
/// then resume. Returns how often it was killed.
int until_it_ends(const Sandbox& sandbox, const std::string& run, const std::string& first, RandomStream& random) {
  for (int kills = 0; kills < 200; ++kills) {
    // Longer from kill to kill, so that a slow machine gets on too.
    const double seconds = 0.1 + 0.01 * static_cast<double>(random.below(60) * static_cast<uint64_t>(1 + kills));
    const std::string line = fs::exists(sandbox / (run + "/recipe.yaml")) ? "cairn resume " + run : first;
    const Outcome outcome = sandbox.shell("timeout -s KILL " + std::to_string(seconds) + " " + line);
    if (outcome.exit_code == 0) return kills;
    EXPECT_EQ(outcome.exit_code, 137) << outcome.err;
    if (fs::exists(sandbox / (run + "/result.json"))) return kills + 1;  // killed when all was done
  }
  return -1;
}

}  // namespace

void expect_same_bytes_when_killed(const Sandbox& sandbox, const std::string& whole,
                                   const std::function<std::vector<std::string>(const std::string& run)>& train) {
  constexpr int kKills = 10;
  RandomStream random(5, "kills");
  for (int kills = 0, run = 0; kills < kKills; ++run) {
    const std::string name = cat("killed-", run);
    std::string first = "cairn";
    for (const auto& word : train(name)) first += " '" + word + "'";
    const int now = until_it_ends(sandbox, name, first, random);
    ASSERT_GE(now, 0) << "it never ended";
    kills += now;
    EXPECT_EQ(sandbox.read(name + "/model/model.safetensors"), sandbox.read(whole + "/model/model.safetensors"));
  }
}

std::string npy(const std::vector<int>& shape, const std::vector<uint8_t>& values) {
  std::string sizes;
  for (const int size : shape) sizes += cat(size, ", ");
  std::string header = cat("{'descr': '|u1', 'fortran_order': False, 'shape': (", sizes, "), }");
  constexpr size_t kBegin = 10, kAlignment = 64;
  header.resize((kBegin + header.size() + kAlignment) / kAlignment * kAlignment - kBegin - 1, ' ');
  header += '\n';
  std::string bytes("\x93NUMPY\x01\x00", 8);
  bytes += static_cast<char>(header.size() & 0xff);
  bytes += static_cast<char>(header.size() >> 8);
  return bytes + header + std::string(values.begin(), values.end());
}

void copy_tiny_run(const Sandbox& sandbox, const std::string& name) {
  fs::copy(tiny_run_sandbox() / "run", sandbox / name, fs::copy_options::recursive);
}

WithModel::WithModel() {
  fs::copy(tiny_run_sandbox() / "run/model", sandbox / "m", fs::copy_options::recursive);
}

}  // namespace cairn::testing
