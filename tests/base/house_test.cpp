// The house's rules, checked on its own sources: who may include whom, and how long a file may be.
#include <gtest/gtest.h>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <vector>

namespace fs = std::filesystem;

namespace {

const fs::path kRoot = fs::path(CAIRN_SOURCE_DIR);
constexpr int kMostLines = 450;

const std::map<std::string, int> kFloors{{"base", 0},  {"io", 1},     {"ops", 2},   {"nn", 3},
                                         {"text", 4},  {"vision", 4}, {"data", 5},  {"metrics", 6},
                                         {"train", 7}, {"models", 8}, {"serve", 9}, {"tool", 10}};

struct Source {
  std::string path;  // "cairn/io/npy.h"
  std::vector<std::string> lines;
};

std::vector<Source> sources() {
  std::vector<Source> list;
  for (const auto& entry : fs::recursive_directory_iterator(kRoot / "cairn")) {
    const auto extension = entry.path().extension();
    if (extension != ".h" && extension != ".cpp" && extension != ".cu") continue;
    Source source{fs::relative(entry.path(), kRoot).string(), {}};
    std::ifstream file(entry.path());
    for (std::string line; std::getline(file, line);) source.lines.push_back(line);
    list.push_back(std::move(source));
  }
  return list;
}

/// The quoted or bracketed name of an #include line, or "".
std::string included(const std::string& line) {
  if (!line.starts_with("#include ") || line.size() < 11) return "";
  const size_t end = line.find_first_of("\">", 10);
  return end == std::string::npos ? "" : line.substr(10, end - 10);
}

/// The part of "cairn/models/rnn/x.h" at `index`: 1 is the floor, 2 the room.
std::string part(const std::string& path, int index) {
  for (const auto& name : fs::path(path)) {
    if (index-- == 0) return name.string();
  }
  return "";
}

/// The model room a file stands in, or "" for files of no room.
std::string room(const std::string& path) {
  return part(path, 3).empty() ? "" : part(path, 2);
}

class House : public testing::Test {
 protected:
  template <class Check>
  static void for_each_include(Check check) {
    int count = 0;
    for (const Source& source : sources()) {
      for (const std::string& line : source.lines) {
        if (const std::string name = included(line); !name.empty()) check(source.path, name), ++count;
      }
    }
    EXPECT_GT(count, 100) << "the walk found too little to mean anything";
  }
};

TEST_F(House, FilesUseTheirOwnFloorOrLowerOnes) {
  for_each_include([](const std::string& from, const std::string& to) {
    if (!to.starts_with("cairn/")) return;
    ASSERT_TRUE(kFloors.contains(part(from, 1))) << from;
    ASSERT_TRUE(kFloors.contains(part(to, 1))) << from << " includes " << to;
    EXPECT_GE(kFloors.at(part(from, 1)), kFloors.at(part(to, 1))) << from << " includes " << to;
  });
}

TEST_F(House, RoomsDoNotIncludeEachOther) {
  for_each_include([](const std::string& from, const std::string& to) {
    if (part(from, 1) != "models" || !to.starts_with("cairn/models/") || room(from).empty()) return;
    EXPECT_TRUE(room(to).empty() || room(to) == room(from)) << from << " includes " << to;
  });
}

TEST_F(House, GroundFloorKnowsNoLibTorch) {
  for_each_include([](const std::string& from, const std::string& to) {
    if (part(from, 1) != "base") return;
    for (const char* folder : {"torch/", "ATen/", "c10/"})
      EXPECT_FALSE(to.starts_with(folder)) << from << " includes " << to;
  });
}

TEST_F(House, FilesAreShortAndSayWhatTheyAreFor) {
  for (const Source& source : sources()) {
    EXPECT_LE(source.lines.size(), static_cast<size_t>(kMostLines)) << source.path;
    ASSERT_FALSE(source.lines.empty()) << source.path;
    if (source.path.ends_with(".h")) {
      EXPECT_TRUE(source.lines[0].starts_with("//")) << source.path;
    }
  }
}

}  // namespace
