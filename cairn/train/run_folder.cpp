#include "cairn/train/run_folder.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <ctime>
#include <utility>

#include "cairn/base/error.h"
#include "cairn/io/atomic_file.h"
#include "cairn/train/machine.h"
#include "cairn/train/train_config.h"

namespace cairn::train {
namespace fs = std::filesystem;

namespace {

constexpr size_t kMaxJsonBytes = 16 << 20;

fs::path free_path(const std::string& recipe_name) {
  std::string name = recipe_name;
  for (char& c : name) {
    if (c == '/') c = '-';
  }
  for (int64_t n = 1;; ++n) {
    fs::path path = fs::path("runs") / cat(name, "-", n);
    if (!fs::exists(path)) return path;
  }
}

std::string utc_now() {
  const std::time_t now = std::time(nullptr);
  char text[32];
  std::tm parts{};
  gmtime_r(&now, &parts);
  return std::string(text, std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts));
}

/// With every option of the train section written out, so that a later version's defaults change nothing.
Document resolved(const Recipe& recipe) {
  Document document = recipe.document;
  TrainConfig config = read_train_config(document);
  for (const auto& [key, value] : fields_of(config).to_json().items()) {
    const std::string path = "train." + key;
    document.set(path, value, document.origin(path));
  }
  return document;
}

Json read_json(const fs::path& path) {
  try {
    return Json::parse(io::read_file(path, kMaxJsonBytes));
  } catch (const Json::exception& error) {
    throw InputError(path.string(), error.what());
  }
}

}  // namespace

RunFolder RunFolder::create(const NewRun& run) {
  const fs::path path = run.path.empty() ? free_path(run.recipe.name) : run.path;
  if (fs::exists(path)) {
    throw UsageError(
        path.string(),
        got_expected("a path that exists", cat("a new run folder; to go on with a run: cairn resume ", path.string())));
  }
  const Document document = resolved(run.recipe);
  std::error_code failed;
  if (path.has_parent_path()) fs::create_directories(path.parent_path(), failed);
  if (failed) throw EnvironmentError(path.parent_path().string(), cat("cannot be made: ", failed.message()));

  io::AtomicFolder folder(path);
  io::write_file(folder.path() / "recipe.yaml", document.to_yaml());
  const Json facts = {
      {"name", run.recipe.name}, {"command", run.command}, {"started", utc_now()}, {"machine", describe_machine()}};
  io::write_file(folder.path() / "run.json", facts.dump(2) + "\n");
  folder.commit();
  return RunFolder(path);
}

bool RunFolder::is_run(const fs::path& path) {
  return fs::is_regular_file(path / "recipe.yaml") && fs::is_regular_file(path / "run.json");
}

RunFolder RunFolder::open(const fs::path& path) {
  if (!is_run(path)) {
    throw UsageError(path.string(), got_expected(fs::exists(path) ? "a path without recipe.yaml and run.json"
                                                                  : "a path that does not exist",
                                                 "a run folder, as `cairn train` makes it"));
  }
  return RunFolder(path);
}

RunFolder::RunFolder(fs::path path) : path_(std::move(path)) {
  const fs::path lock = path_ / "lock";
  lock_ = ::open(lock.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (lock_ < 0) throw EnvironmentError(lock.string(), cat("cannot be written: ", std::strerror(errno)));
  if (::flock(lock_, LOCK_EX | LOCK_NB) != 0) {
    ::close(lock_);
    throw UsageError(path_.string(), "another process is training this run");
  }
}

RunFolder::RunFolder(RunFolder&& other) noexcept
    : path_(std::move(other.path_)), lock_(std::exchange(other.lock_, -1)) {}

RunFolder::~RunFolder() {
  if (lock_ >= 0) ::close(lock_);
}

Recipe RunFolder::recipe() const {
  return load_recipe(Document::read_yaml(recipe_file()), facts().value("name", path_.filename().string()));
}

void RunFolder::write_recipe(const Recipe& recipe) const {
  io::write_file(recipe_file(), recipe.document.to_yaml());
}

Json RunFolder::facts() const {
  return read_json(path_ / "run.json");
}

Json RunFolder::result() const {
  return finished() ? read_json(result_file()) : Json();
}

void RunFolder::write_result(const Json& result) const {
  io::write_file(result_file(), result.dump(2) + "\n");
}

void RunFolder::reopen() const {
  fs::remove(result_file());
}

}  // namespace cairn::train
