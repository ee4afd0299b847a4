// The catalogue: the data sets Cairn knows by name, where each lies, and how to get one that is absent.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace cairn::data {

/// One file of a data set.
struct DataFile {
  std::string split;   ///< "train", "valid", "test"; "" for a file that is no split
  std::string role;    ///< "images", "labels", "text", ...
  std::string path;    ///< relative to the data set's folder
  std::string sha256;  ///< lower-case hex
};

struct DataSet {
  std::string name;
  std::string folder;  ///< relative to a data folder
  std::string summary;
  std::string licence;  ///< as its authors state it
  std::string origin;   ///< who publishes it, and what to ask for there
  std::vector<DataFile> files;
  std::string prepare;  ///< what must be done with the files as published, if anything
};

const std::vector<DataSet>& catalogue();
/// Null if there is none of that name.
const DataSet* find_data_set(const std::string& name);
/// Throws UsageError with the nearest name.
const DataSet& data_set_named(const std::string& name);

/// The folders that are searched, in order: $CAIRN_DATA, data/ here and in the source tree, the shipped data.
std::vector<std::filesystem::path> data_folders();
/// The first folder that holds every file of the set; none if there is no such folder.
std::optional<std::filesystem::path> find_folder(const DataSet& set);
/// As find_folder; throws EnvironmentError that says which files are missing and how to get them.
std::filesystem::path folder_of(const DataSet& set);

/// Names each file of the set that is missing or whose sha256 is not the one recorded; empty when all is well.
/// Throws EnvironmentError if no searched folder has any of the set.
std::vector<std::string> damages(const DataSet& set);
/// The steps, in plain text: where to get it, the files with their checksums, the folder to put them in.
std::string how_to_get(const DataSet& set);

}  // namespace cairn::data
