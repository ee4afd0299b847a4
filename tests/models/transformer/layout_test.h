// What tests of foreign layouts share: importing into a temporary folder, spoilt copies, and what another program said.
#pragma once

#include <gtest/gtest.h>

#include "cairn/base/error.h"
#include "cairn/io/atomic_file.h"
#include "cairn/io/temporary_folder.h"
#include "cairn/models/transformer/transformer_weights.h"

namespace cairn::transformer {

inline const Layout& layout_named(const std::string& name) {
  static const auto rows = layouts();
  for (const auto& row : rows) {
    if (row.name == name) return row;
  }
  throw UsageError("layout", name);
}

inline Json said_in(const std::filesystem::path& folder) {
  return Json::parse(io::read_file(folder / "said.json", 16 << 20));
}

/// [T, V], row by row.
inline void expect_near(const torch::Tensor& ours, const Json& theirs, double tolerance) {
  ASSERT_EQ(ours.size(0), static_cast<int64_t>(theirs.size()));
  for (int64_t t = 0; t < ours.size(0); ++t) {
    const auto row = torch::tensor(theirs[static_cast<size_t>(t)].get<std::vector<double>>());
    EXPECT_LT((ours[t] - row).abs().max().item<double>(), tolerance);
  }
}

class LayoutTest : public testing::Test {
 protected:
  std::filesystem::path new_path(const std::string& name) { return temporary_.path() / cat(name, count_++); }
  std::filesystem::path imported(const std::string& layout, const std::vector<std::filesystem::path>& files) {
    const auto folder = new_path("model");
    std::filesystem::create_directory(folder);
    layout_named(layout).import_model({.files = files, .config = Json(), .folder = folder});
    return folder;
  }
  std::filesystem::path imported(const std::string& layout, const std::filesystem::path& file) {
    return imported(layout, std::vector{file});
  }
  /// To be spoilt.
  std::filesystem::path copy_of(const std::filesystem::path& original) {
    const auto folder = new_path("copy");
    std::filesystem::copy(original, folder);
    return folder;
  }
  template <class Files>
  void refused(const std::string& layout, const Files& files, const std::string& part) {
    try {
      imported(layout, files);
      ADD_FAILURE() << "took it; expected " << part;
    } catch (const Error& error) {
      EXPECT_NE(std::string(error.what()).find(part), std::string::npos) << error.what();
    }
  }

 private:
  const io::TemporaryFolder temporary_;
  int count_ = 0;
};

}  // namespace cairn::transformer
