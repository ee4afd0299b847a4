// From what a recipe or a command line says (SPEC) to text files.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "cairn/data/batch.h"

namespace cairn::data {

/// The text files of a SPEC: of a catalogue name those of the split, or all its texts where it has no splits; of a path
/// the file, or every file below the folder; "-" is stdin. Throws UsageError for an unknown name or a split the set
/// lacks, EnvironmentError (with how to get it) for what is not here.
std::vector<std::filesystem::path> text_split_files(const std::string& spec, Split split);

}  // namespace cairn::data
