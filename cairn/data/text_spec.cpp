#include "cairn/data/text_spec.h"

#include "cairn/base/error.h"
#include "cairn/data/catalogue.h"
#include "cairn/text/text_source.h"

namespace cairn::data {
namespace fs = std::filesystem;

std::vector<fs::path> text_split_files(const std::string& spec, Split split) {
  const DataSet* set = find_data_set(spec);
  if (set == nullptr) {
    const bool names_a_path = spec == "-" || fs::exists(spec) || spec.find_first_of("/.") != std::string::npos;
    if (!names_a_path) data_set_named(spec);
    return text::text_files(spec);
  }
  std::vector<fs::path> files;
  for (const DataFile& file : set->files) {
    const bool of_split = file.split.empty() || file.split == name_of(split);
    if (file.role == "text" && of_split) files.push_back(folder_of(*set) / file.path);
  }
  if (files.empty()) throw UsageError(spec, cat("this data set has no text for the split '", name_of(split), "'"));
  return files;
}

}  // namespace cairn::data
