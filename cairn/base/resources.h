// Where the files that come with the tool lie: recipes, shipped models, shipped data.
#pragma once

#include <filesystem>
#include <vector>

namespace cairn {

/// The existing ones of: $CAIRN_HOME, share/cairn beside the folder of the library (or of the program that holds it),
/// the source tree that it was built from; in that order, each once.
std::vector<std::filesystem::path> resource_folders();
/// The first existing `relative` below a resource folder; throws EnvironmentError naming those searched.
std::filesystem::path resource(const std::filesystem::path& relative);

}  // namespace cairn
