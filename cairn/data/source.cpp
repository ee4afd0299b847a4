// Resolving a SPEC to a file and reading it.
#include "cairn/data/source.h"

#include <algorithm>
#include <filesystem>
#include <optional>
#include <vector>

#include "cairn/base/error.h"
#include "cairn/base/text.h"
#include "cairn/data/catalogue.h"
#include "cairn/io/array_file.h"

namespace cairn::data {
namespace fs = std::filesystem;
namespace {

/// A SPEC taken apart: a known set and one of its splits, or (set is null) a path.
struct Source {
  const DataSet* set = nullptr;
  std::string split;
  fs::path path;
};

Source parse(const std::string& spec, Split split) {
  if (const DataSet* set = find_data_set(spec)) return {set, name_of(split), {}};
  const size_t colon = spec.rfind(':');
  if (colon != std::string::npos) {
    if (const DataSet* set = find_data_set(spec.substr(0, colon))) {
      return {set, name_of(split_named(spec.substr(colon + 1))), {}};
    }
  }
  const bool names_a_file = fs::exists(spec) || spec.find_first_of("/.") != std::string::npos;
  if (!names_a_file) data_set_named(spec);
  return {nullptr, "", spec};
}

const DataFile* file_of(const DataSet& set, const std::string& split, const std::string& role) {
  for (const DataFile& file : set.files) {
    if (file.split == split && file.role == role) return &file;
  }
  return nullptr;
}

[[noreturn]] void refuse(const DataSet& set, const std::string& split, const std::string& role) {
  std::vector<std::string> splits;
  for (const DataFile& file : set.files) {
    if (file.role == role) splits.push_back(file.split);
  }
  if (splits.empty()) throw UsageError(set.name, cat("this data set has no ", role));
  throw UsageError(set.name, cat("no split '", split, "' with ", role, "; it has ", join(splits, ", ")));
}

fs::path file_of(const Source& source, const std::string& role) {
  const DataFile* file = file_of(*source.set, source.split, role);
  if (file == nullptr) refuse(*source.set, source.split, role);
  return folder_of(*source.set) / file->path;
}

torch::Tensor read_rows(const fs::path& path, int64_t limit) {
  if (!fs::is_regular_file(io::ArrayName::parse(path.string()).file)) {
    throw EnvironmentError(path.string(), "no such file; data sets by name are listed by: cairn data list");
  }
  torch::Tensor rows = io::read_array(path);
  if (rows.dim() == 0)
    throw InputError(path.string(), "got a single number, expected an array with one row an example");
  return limit > 0 && limit < rows.size(0) ? rows.narrow(0, 0, limit).clone() : rows;
}

/// "images-train.idx3.gz" -> "labels-train.idx1.gz", "digits.npz:images" -> "digits.npz:labels", where that file
/// exists.
std::optional<fs::path> labels_beside(const fs::path& images) {
  std::string name = images.filename().string();
  for (const auto& [from, to] : {std::pair{"images", "labels"}, {"idx3", "idx1"}}) {
    if (const size_t at = name.find(from); at != std::string::npos) name.replace(at, std::string(from).size(), to);
  }
  const fs::path labels = images.parent_path() / name;
  if (labels == images || !fs::exists(io::ArrayName::parse(labels.string()).file)) return std::nullopt;
  return labels;
}

fs::path labels_path(const std::string& spec, Split split) {
  if (const size_t comma = spec.find(','); comma != std::string::npos) return spec.substr(comma + 1);
  const Source source = parse(spec, split);
  if (source.set != nullptr) return file_of(source, "labels");
  if (const auto labels = labels_beside(source.path)) return *labels;
  throw UsageError(spec, "no labels beside this file; name them after a comma: " + spec + ",LABELS");
}

std::string without_labels(const std::string& spec) {
  return spec.substr(0, spec.find(','));
}

}  // namespace

torch::Tensor load_array_split(const std::string& spec, Split split, int64_t limit, Unreadable unreadable) {
  const Source source = parse(without_labels(spec), split);
  if (source.set == nullptr && fs::is_directory(source.path)) {
    return read_image_folder(source.path, {.limit = limit, .unreadable = unreadable});
  }
  return read_rows(source.set != nullptr ? file_of(source, "images") : source.path, limit);
}

torch::Tensor load_labels(const std::string& spec, Split split, int64_t limit) {
  const fs::path path = labels_path(spec, split);
  torch::Tensor labels = read_rows(path, limit);
  if (labels.dim() != 1 || labels.is_floating_point()) {
    throw InputError(path.string(),
                     cat("labels: ", got_expected(cat(labels.dtype(), " ", labels.sizes()), "integers of shape [N]")));
  }
  return labels.to(torch::kInt64);
}

std::string describe_source(const std::string& spec, Split split) {
  const Source source = parse(without_labels(spec), split);
  return source.set != nullptr ? cat(source.set->name, ", ", source.split, " split") : source.path.string();
}

std::string licence_of(const std::string& spec) {
  const Source source = parse(without_labels(spec), Split::train);
  return source.set != nullptr ? source.set->licence : "the user's own data; not known";
}

}  // namespace cairn::data
