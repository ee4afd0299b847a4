// Text files as a stream: of large blocks, for many threads, or of single lines. Memory does not grow with the text.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace cairn::io {
class ByteReader;
}

namespace cairn::text {

/// The files that `path` stands for: a file, or every file below a folder, sorted by path, hidden ones left out; "-" is
/// stdin. Throws EnvironmentError if there is no such path, InputError for a folder without files.
std::vector<std::filesystem::path> text_files(const std::string& path);

enum class Markup {
  none,
  wiki,  ///< extracts of Wikipedia: "<doc ...>" lines with the title line behind them, and "</doc>" lines, are dropped
};

/// Where a piece of text stands, in the unpacked file.
struct Place {
  std::filesystem::path file;
  uint64_t byte = 0;
  int64_t line = 1;
  std::string text() const;  ///< "novel.txt:12"
};

/// Some whole lines, each ending in a newline (the file's last one gets one); or, where a line is too long for a block,
/// a part of it that ends between two words.
struct Block {
  std::string text;
  Place place;
};

struct SourceOptions {
  Markup markup = Markup::none;
  size_t block_bytes = 1 << 20;
};

class TextSource {
 public:
  explicit TextSource(std::vector<std::filesystem::path> files, SourceOptions options = {});
  ~TextSource();
  TextSource(TextSource&&) noexcept;

  /// The next block; nothing at the end. A byte order mark is dropped. Throws InputError, naming file, line and byte,
  /// for text that is not UTF-8.
  std::optional<Block> next();

 private:
  bool open_next();
  bool fill();
  size_t cut() const;
  void drop_markup(std::string& text);

  std::vector<std::filesystem::path> files_;
  SourceOptions options_;
  size_t next_file_ = 0;
  std::unique_ptr<io::ByteReader> reader_;
  std::string pending_;  // read, not handed out
  Place place_;          // of pending_'s first byte
  bool ended_ = true;
  bool after_doc_ = false;  // the next line is a title
};

/// The lines of a source one by one, without their ends (LF or CR LF).
class LineReader {
 public:
  explicit LineReader(TextSource source) : source_(std::move(source)) {}
  /// False at the end. A line of any length is one line.
  bool next(std::string& line);
  /// Of the line that was read last (of a source without markup).
  const Place& place() const { return place_; }

 private:
  TextSource source_;
  Block block_;
  size_t at_ = 0;
  int64_t lines_ = 0;  // read from block_
  Place place_;
};

/// All lines of what `path` stands for (`text_files`).
std::vector<std::string> all_lines(const std::string& path);

}  // namespace cairn::text
