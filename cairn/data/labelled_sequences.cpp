#include "cairn/data/labelled_sequences.h"

#include <algorithm>
#include <filesystem>

#include "cairn/base/error.h"
#include "cairn/data/catalogue.h"
#include "cairn/io/array_file.h"
#include "cairn/io/matlab.h"

namespace cairn::data {

namespace fs = std::filesystem;

namespace {

torch::Tensor checked_labels(const torch::Tensor& y, int64_t T, const std::string& source) {
  const auto flat = y.reshape({-1});
  if (y.is_floating_point() || flat.size(0) != T) {
    throw InputError(source, cat("labels: ", got_expected(cat(y.dtype(), " ", y.sizes()), cat("integers [", T, "]"))));
  }
  const auto labels = flat.to(torch::kInt64);
  const auto bad = labels.lt(0).nonzero();
  if (bad.size(0) > 0) {
    const int64_t row = bad[0][0].item<int64_t>();
    throw InputError(source,
                     cat("row ", row, ": ", got_expected(cat("label ", labels[row].item<int64_t>()), "0 or more")));
  }
  return labels;
}

LabelledSequence sequence(const fs::path& file, const torch::Tensor& x, const torch::Tensor& y) {
  const auto features = checked_features(x, file.string());
  return {file.stem().string(), features, checked_labels(y, features.size(0), file.string())};
}

/// A MATLAB file with features A and labels Y.
LabelledSequence read_matlab_sequence(const fs::path& file) {
  const auto arrays = io::read_matlab(file);
  for (const char* name : {"A", "Y"}) {
    if (!arrays.contains(name)) throw InputError(file.string(), got_expected(cat("no array '", name, "'"), "A and Y"));
  }
  return sequence(file, arrays.at("A"), arrays.at("Y"));
}

std::vector<LabelledSequence> of_set(const DataSet& set, Split split, int64_t limit) {
  std::vector<LabelledSequence> sequences;
  for (const DataFile& file : set.files) {
    if (limit > 0 && static_cast<int64_t>(sequences.size()) == limit) break;
    if (file.role == "sequence" && file.split == name_of(split)) {
      sequences.push_back(read_matlab_sequence(folder_of(set) / file.path));
    }
  }
  if (sequences.empty())
    throw UsageError(set.name, cat("this data set has no sequences for the split '", name_of(split), "'"));
  return sequences;
}

std::vector<LabelledSequence> of_folder(const fs::path& folder, int64_t limit) {
  constexpr std::string_view kLabels = ".labels.npy";
  if (!fs::is_directory(folder))
    throw EnvironmentError(folder.string(), "no such folder; expected NAME.npy with NAME.labels.npy");
  std::vector<fs::path> labels;
  for (const auto& entry : fs::directory_iterator(folder)) {
    if (entry.path().filename().string().ends_with(kLabels)) labels.push_back(entry.path());
  }
  std::sort(labels.begin(), labels.end());
  std::vector<LabelledSequence> sequences;
  for (const auto& path : labels) {
    if (limit > 0 && static_cast<int64_t>(sequences.size()) == limit) break;
    const std::string name = path.filename().string();
    const auto features = folder / (name.substr(0, name.size() - kLabels.size()) + ".npy");
    sequences.push_back(sequence(features, io::read_array(features), io::read_array(path)));
  }
  if (sequences.empty())
    throw InputError(folder.string(), got_expected("no *.labels.npy", "NAME.npy with NAME.labels.npy"));
  return sequences;
}

}  // namespace

torch::Tensor checked_features(const torch::Tensor& x, const std::string& source) {
  if (x.dim() != 2 || x.is_complex())
    throw InputError(source, got_expected(cat("shape ", x.sizes()), "[T, D] features"));
  const auto features = x.to(torch::kFloat32).contiguous();
  const auto bad = features.isfinite().all(1).logical_not().nonzero();
  if (bad.size(0) > 0) {
    throw InputError(source,
                     cat("row ", bad[0][0].item<int64_t>(), ": got a feature that is not finite, expected numbers"));
  }
  return features;
}

std::vector<LabelledSequence> load_sequences(const std::string& spec, Split split, int64_t limit) {
  const DataSet* set = find_data_set(spec);
  const bool names_a_path = fs::exists(spec) || spec.find_first_of("/.") != std::string::npos;
  if (set == nullptr && !names_a_path) data_set_named(spec);
  auto sequences = set != nullptr ? of_set(*set, split, limit) : of_folder(spec, limit);
  for (const auto& one : sequences) {
    if (one.x.size(1) == sequences[0].x.size(1)) continue;
    throw InputError(
        one.name,
        cat("features: ", got_expected(one.x.size(1), cat(sequences[0].x.size(1), " as in ", sequences[0].name))));
  }
  return sequences;
}

}  // namespace cairn::data
