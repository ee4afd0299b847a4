// The commands in README.md and docs/ do what they say: every block fenced as "```sh test" is run.
//
// A page's blocks run in order in one temporary folder, where `cairn` and `./run` are the tool. What follows "test" is
// added to each `train` line, to make dear ones small: "```sh test train.steps=2 data.train=digits". Blocks fenced
// "```sh" alone are for reading.
#include <gtest/gtest.h>

#include <filesystem>
#include <sstream>

#include "cairn/base/error.h"
#include "tool.h"

namespace cairn::testing {
namespace {

namespace fs = std::filesystem;

struct Block {
  int line = 0;
  std::string script;
};

constexpr std::string_view kFence = "```sh test";

bool trains(const std::string& line) {
  return line.starts_with("cairn train ") || line.starts_with("./run train ");
}

std::vector<Block> tested_blocks(const std::string& page) {
  std::vector<Block> blocks;
  std::istringstream lines(page);
  bool inside = false;
  std::string sizes;
  int number = 0;
  for (std::string line; std::getline(lines, line);) {
    ++number;
    if (inside && line == "```") {
      inside = false;
    } else if (inside) {
      blocks.back().script += line + (trains(line) ? sizes : "") + "\n";
    } else if (line.starts_with(kFence)) {
      inside = true;
      sizes = line.substr(kFence.size());
      blocks.push_back({.line = number, .script = ""});
    }
  }
  return blocks;
}

std::vector<fs::path> pages() {
  const fs::path root(CAIRN_SOURCE_DIR);
  std::vector<fs::path> found;
  for (const char* name : {"README.md", "CONTRIBUTING.md"}) {
    if (fs::exists(root / name)) found.push_back(root / name);
  }
  for (const auto& entry : fs::recursive_directory_iterator(root / "docs")) {
    if (entry.path().extension() == ".md") found.push_back(entry.path());
  }
  return found;
}

TEST(ToolDocs, TheMarkerIsFound) {
  const auto blocks =
      tested_blocks("a\n```sh\nfalse\n```\n```sh test\none\ntwo\n```\nb\n```sh test a=1\ncairn train x\n```\n");
  ASSERT_EQ(blocks.size(), 2U);
  EXPECT_EQ(blocks[0].script, "one\ntwo\n");
  EXPECT_EQ(blocks[1].line, 10);
  EXPECT_EQ(blocks[1].script, "cairn train x a=1\n");
}

TEST(ToolDocs, TestedBlocksRun) {
  for (const auto& page : pages()) {
    const Sandbox sandbox;
    Sandbox source;  // only to read the page with
    fs::copy_file(page, source / "page.md");
    for (const Block& block : tested_blocks(source.read("page.md"))) {
      const Outcome outcome = sandbox.shell(block.script);
      EXPECT_EQ(outcome.exit_code, 0) << page.string() << ":" << block.line << "\n"
                                      << block.script << outcome.out << outcome.err;
    }
  }
}

}  // namespace
}  // namespace cairn::testing
