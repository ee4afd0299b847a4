// Text as a stream: blocks of any size give the same lines; files, folders, gzip, marks; errors with line and byte.
#include "cairn/text/text_source.h"

#include <gtest/gtest.h>

#include <atomic>
#include <cstddef>
#include <filesystem>
#include <fstream>

#include "cairn/base/error.h"
#include "cairn/io/gzip.h"
#include "cairn/io/temporary_folder.h"
#include "cairn/text/block_map.h"

namespace cairn::text {
namespace {

namespace fs = std::filesystem;

class TextSourceTest : public testing::Test {
 protected:
  std::string file(const std::string& name, const std::string& bytes) const {
    fs::create_directories((folder_ / name).parent_path());
    std::ofstream(folder_ / name, std::ios::binary) << bytes;
    return (folder_ / name).string();
  }
  static std::vector<std::string> lines(const std::string& path, SourceOptions options = {}) {
    LineReader reader(TextSource(text_files(path), options));
    std::vector<std::string> all;
    for (std::string line; reader.next(line);) all.push_back(line);
    return all;
  }
  static std::string message(const std::string& path) {
    try {
      lines(path);
    } catch (const Error& error) {
      return error.what();
    }
    return "";
  }

  const io::TemporaryFolder temporary_;
  const std::filesystem::path folder_ = temporary_.path();
};

std::string gzipped(const std::string& text) {
  return io::gzip(std::as_bytes(std::span(text)));
}

TEST_F(TextSourceTest, LinesDoNotDependOnTheBlocks) {
  const std::string text = "one two\r\n\nthree \xE4\xBA\xBA\xE4\xBA\xBA four\nno end";
  const std::vector<std::string> expected{"one two", "", "three \xE4\xBA\xBA\xE4\xBA\xBA four", "no end"};
  const std::string path = file("a.txt", text);
  for (size_t bytes = 8; bytes < 40; ++bytes) EXPECT_EQ(lines(path, {.block_bytes = bytes}), expected) << bytes;
  EXPECT_EQ(lines(file("a.gz", gzipped(text))), expected);
  EXPECT_EQ(lines(file("bom.txt", "\xEF\xBB\xBF" + text)), expected);
}

TEST_F(TextSourceTest, AnEmptyFileHasNoLines) {
  EXPECT_TRUE(lines(file("empty.txt", "")).empty());
  EXPECT_EQ(lines(file("newline.txt", "\n")), std::vector<std::string>{""});
}

TEST_F(TextSourceTest, FoldersAreReadInOrderOfTheirPaths) {
  file("f/b.txt", "b\n");
  file("f/a/c.txt", "c");
  file("f/.hidden", "x\n");
  EXPECT_EQ(lines((folder_ / "f").string()), (std::vector<std::string>{"c", "b"}));
  fs::create_directory(folder_ / "none");
  EXPECT_NE(message((folder_ / "none").string()).find("without files"), std::string::npos);
  EXPECT_NE(message((folder_ / "absent").string()).find("no such file"), std::string::npos);
}

TEST_F(TextSourceTest, WikiMarkupIsDropped) {
  const std::string path =
      file("w.txt", "<doc id=\"1\" title=\"T\">\nT\n\nText <doc> here.\n</doc>\n<doc id=\"2\">\nU\nMore.\n</doc>\n");
  for (const size_t bytes : {8, 20, 1000}) {
    EXPECT_EQ(lines(path, {.markup = Markup::wiki, .block_bytes = bytes}),
              (std::vector<std::string>{"", "Text <doc> here.", "More."}))
        << bytes;
  }
}

TEST_F(TextSourceTest, BadUtf8IsReportedByLineAndByte) {
  const std::string path = file("bad.txt", "fine\nalso \xC3\xA9 fine\nnot \xC3( fine\n");
  EXPECT_NE(message(path).find("bad.txt:3"), std::string::npos) << message(path);
  EXPECT_NE(message(path).find("byte 22"), std::string::npos) << message(path);
  EXPECT_NE(message(file("cut.txt", "x\xE4\xBA")).find("byte 1 "), std::string::npos);
}

TEST_F(TextSourceTest, DamagedGzipIsReported) {
  std::string bytes = gzipped(std::string(100000, 'x') + "end\n");
  EXPECT_NE(message(file("t.gz", bytes.substr(0, bytes.size() / 2))).find("damaged or truncated"), std::string::npos);
}

TEST_F(TextSourceTest, BlocksAreMappedInOrderByManyThreads) {
  std::string text;
  for (int i = 0; i < 20000; ++i) text += std::to_string(i) + "\n";
  const std::string path = file("numbers.txt", text);
  for (const int threads : {1, 3}) {
    TextSource source(text_files(path), {.block_bytes = 1000});
    std::string joined;
    map_blocks(
        source, threads, [](int, Block block) { return block.text; }, [&](const std::string& part) { joined += part; });
    EXPECT_EQ(joined, text);
  }
}

TEST_F(TextSourceTest, AnErrorInAWorkerEndsAll) {
  const std::string path = file("numbers.txt", std::string(50000, '\n'));
  TextSource source(text_files(path), {.block_bytes = 100});
  std::atomic<int> seen = 0;
  const auto work = [&](int, const Block&) {
    if (++seen == 5) throw InputError("here", "stop");
    return 0;
  };
  EXPECT_THROW(map_blocks(source, 3, work, [](int) {}), InputError);
  EXPECT_LT(seen, 20);
}

}  // namespace
}  // namespace cairn::text
