#include "cairn/train/checkpoint.h"

#include <algorithm>
#include <set>

#include "cairn/base/error.h"
#include "cairn/base/log.h"
#include "cairn/io/atomic_file.h"
#include "cairn/io/safetensors.h"

namespace cairn::train {
namespace fs = std::filesystem;

namespace {

constexpr size_t kMaxJsonBytes = 16 << 20;

Json read_json(const fs::path& path) {
  try {
    return Json::parse(io::read_file(path, kMaxJsonBytes));
  } catch (const Json::exception& error) {
    throw InputError(path.string(), error.what());
  }
}

Tensors read_tensors(const fs::path& path) {
  return io::read_safetensors(path).tensors;
}

/// N of "step-N", -1 for another name.
int64_t number_of(const std::string& name, const std::string& kind) {
  const std::string prefix = kind + "-";
  const std::string digits = name.rfind(prefix, 0) == 0 ? name.substr(prefix.size()) : "";
  if (digits.empty() || digits.size() > 18 || digits.find_first_not_of("0123456789") != std::string::npos) return -1;
  return std::stoll(digits);
}

/// Writes a folder that is complete or absent; one of the same name (from before a resume) is replaced.
template <class Fill>
void write_folder(const fs::path& folder, const Fill& fill) {
  io::AtomicFolder atomic(folder);
  fill(atomic.path());
  atomic.commit();
}

}  // namespace

void write_model_files(const fs::path& folder, const ModelFiles& model) {
  io::write_file(folder / "config.json", model.config.dump(2) + "\n");
  io::write_safetensors(folder / "model.safetensors", model.tensors);
  if (model.extras) model.extras(folder);
}

LoopState read_loop_state(const fs::path& checkpoint_folder) {
  const auto path = checkpoint_folder / "state.json";
  return LoopState::from_json(read_json(path), path.string());
}

Checkpoint read_checkpoint(const fs::path& folder) {
  Checkpoint checkpoint;
  checkpoint.source = folder.string();
  checkpoint.state = read_loop_state(folder);
  checkpoint.model = {.config = read_json(folder / "config.json"),
                      .tensors = read_tensors(folder / "model.safetensors")};
  if (fs::exists(folder / "weights.safetensors")) checkpoint.weights = read_tensors(folder / "weights.safetensors");
  checkpoint.optimizer = read_tensors(folder / "optimizer.safetensors");
  if (fs::exists(folder / "carried.safetensors")) checkpoint.carried = read_tensors(folder / "carried.safetensors");
  return checkpoint;
}

CheckpointStore::CheckpointStore(fs::path folder, int64_t keep) : folder_(std::move(folder)), keep_(keep) {}

fs::path CheckpointStore::at(const std::string& kind, int64_t step) const {
  return folder_ / cat(kind, "-", step);
}

std::vector<int64_t> CheckpointStore::steps(const std::string& kind) const {
  std::vector<int64_t> found;
  if (!fs::is_directory(folder_)) return found;
  for (const auto& entry : fs::directory_iterator(folder_)) {
    const int64_t step = number_of(entry.path().filename().string(), kind);
    if (step >= 0) found.push_back(step);
  }
  std::sort(found.begin(), found.end());
  return found;
}

void CheckpointStore::save(const Checkpoint& checkpoint) {
  write_folder(at("step", checkpoint.state.step), [&](const fs::path& folder) {
    write_model_files(folder, checkpoint.model);
    if (checkpoint.weights) io::write_safetensors(folder / "weights.safetensors", *checkpoint.weights);
    io::write_safetensors(folder / "optimizer.safetensors", checkpoint.optimizer);
    if (!checkpoint.carried.empty()) io::write_safetensors(folder / "carried.safetensors", checkpoint.carried);
    io::write_file(folder / "state.json", checkpoint.state.to_json().dump(2) + "\n");
  });
  prune(checkpoint.state);
}

void CheckpointStore::save_best(int64_t step, const ModelFiles& model) {
  write_folder(at("best", step), [&](const fs::path& folder) { write_model_files(folder, model); });
}

Tensors CheckpointStore::read_best(int64_t step) const {
  return read_tensors(at("best", step) / "model.safetensors");
}

Tensors CheckpointStore::mean_of_newest(int64_t count) const {
  auto all = steps("step");
  if (all.empty()) throw UsageError("checkpoints", got_expected("none to average", "at least one"));
  all.erase(all.begin(), all.end() - std::min<int64_t>(count, static_cast<int64_t>(all.size())));
  const Tensors newest = read_tensors(at("step", all.back()) / "model.safetensors");
  Tensors mean = newest;
  for (auto& [name, sum] : mean) {
    if (sum.is_floating_point()) sum = sum.to(torch::kFloat64);
  }
  for (size_t k = 0; k + 1 < all.size(); ++k) {
    for (const auto& [name, tensor] : read_tensors(at("step", all[k]) / "model.safetensors")) {
      if (tensor.is_floating_point()) mean[name] = mean.at(name) + tensor;
    }
  }
  for (auto& [name, sum] : mean) {
    if (sum.is_floating_point()) sum = (sum / static_cast<double>(all.size())).to(newest.at(name).scalar_type());
  }
  return mean;
}

/// A best model stays as long as a kept checkpoint names it: a run may have to go on from any of them.
void CheckpointStore::prune(const LoopState& newest) {
  auto kept = steps("step");
  while (static_cast<int64_t>(kept.size()) > keep_) {
    fs::remove_all(at("step", kept.front()));
    kept.erase(kept.begin());
  }
  std::set<int64_t> named = {newest.best_step};
  for (const int64_t step : kept) {
    try {
      named.insert(read_loop_state(at("step", step)).best_step);
    } catch (const Error&) {  // a damaged one names none
    }
  }
  for (const int64_t step : steps("best")) {
    if (!named.count(step)) fs::remove_all(at("best", step));
  }
}

std::optional<fs::path> CheckpointStore::newest_folder() const {
  const auto all = steps("step");
  return all.empty() ? std::nullopt : std::optional(at("step", all.back()));
}

std::optional<Checkpoint> CheckpointStore::newest() const {
  const auto all = steps("step");
  std::string damaged;
  for (auto step = all.rbegin(); step != all.rend(); ++step) {
    try {
      return read_checkpoint(at("step", *step));
    } catch (const InputError& error) {
      log::warn(cat("passing over a damaged checkpoint: ", error.what()));
      damaged += cat("\n  ", error.what());
    }
  }
  if (!damaged.empty()) throw InputError(folder_.string(), "every checkpoint is damaged:" + damaged);
  return std::nullopt;
}

void CheckpointStore::remove_leftovers() {
  io::remove_stale_temporaries(folder_);
}

}  // namespace cairn::train
