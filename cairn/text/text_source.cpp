#include "cairn/text/text_source.h"

#include <algorithm>

#include "cairn/base/error.h"
#include "cairn/base/utf8.h"
#include "cairn/io/byte_reader.h"
#include "cairn/text/characters.h"

namespace cairn::text {
namespace fs = std::filesystem;

namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

int64_t newlines(std::string_view text) {
  return std::count(text.begin(), text.end(), '\n');
}

bool is_space(char c) {
  return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '\v' || c == '\f';
}

void require_utf8(std::string_view text, const Place& place) {
  const size_t bad = invalid_utf8(text);
  if (bad == std::string_view::npos) return;
  const Place there{place.file, place.byte + bad, place.line + newlines(text.substr(0, bad))};
  throw InputError(there.text(),
                   cat("byte ", there.byte, " (value ", static_cast<int>(static_cast<unsigned char>(text[bad])),
                       ") is not UTF-8; expected text in UTF-8"));
}

}  // namespace

std::string Place::text() const {
  return cat(file.string(), ":", line);
}

std::vector<fs::path> text_files(const std::string& path) {
  if (path == "-" || fs::is_regular_file(path)) return {path};
  if (!fs::exists(path)) throw EnvironmentError(path, "no such file or folder");
  if (!fs::is_directory(path)) return {path};
  std::vector<fs::path> files;
  for (auto entry = fs::recursive_directory_iterator(path); entry != fs::recursive_directory_iterator(); ++entry) {
    const bool hidden = entry->path().filename().string().starts_with(".");
    if (hidden && entry->is_directory()) entry.disable_recursion_pending();
    if (!hidden && entry->is_regular_file()) files.push_back(entry->path());
  }
  if (files.empty()) throw InputError(path, got_expected("a folder without files", "text files in it"));
  std::sort(files.begin(), files.end());
  return files;
}

TextSource::TextSource(std::vector<fs::path> files, SourceOptions options)
    : files_(std::move(files)), options_(options) {}
TextSource::~TextSource() = default;
TextSource::TextSource(TextSource&&) noexcept = default;

bool TextSource::open_next() {
  if (next_file_ == files_.size()) return false;
  place_ = {.file = files_[next_file_]};
  reader_ = std::make_unique<io::ByteReader>(files_[next_file_++]);
  ended_ = after_doc_ = false;
  fill();
  if (pending_.starts_with(kByteOrderMark)) {
    pending_.erase(0, kByteOrderMark.size());
    place_.byte = kByteOrderMark.size();
  }
  return true;
}

/// Reads until a block is full; false once the file has ended.
bool TextSource::fill() {
  if (ended_) return false;
  const size_t had = pending_.size();
  const size_t wanted = std::max(options_.block_bytes, had + options_.block_bytes / 4) - had;
  pending_.resize(had + wanted);
  const size_t got = reader_->read(pending_.data() + had, wanted);
  pending_.resize(had + got);
  ended_ = got < wanted;
  if (ended_ && !pending_.empty() && pending_.back() != '\n') pending_ += '\n';
  return !ended_;
}

/// Where the next block ends: behind the last whole line; else, in a line that fills the block, between two words, or
/// at least between two characters.
size_t TextSource::cut() const {
  if (ended_) return pending_.size();
  const size_t newline = pending_.rfind('\n');
  if (newline != std::string::npos) return newline + 1;
  if (options_.markup != Markup::none) return 0;  // marks are known by whole lines
  for (size_t at = pending_.size(); at > pending_.size() / 2; --at) {
    if (is_space(pending_[at - 1])) return at;
  }
  return character_start(pending_, pending_.size() - 1);
}

void TextSource::drop_markup(std::string& text) {
  std::string kept;
  kept.reserve(text.size());
  for (size_t begin = 0; begin < text.size();) {
    const size_t end = std::min(text.find('\n', begin), text.size() - 1) + 1;
    const std::string_view line(text.data() + begin, end - begin);
    const bool doc = line.starts_with("<doc ");
    if (!doc && !after_doc_ && !line.starts_with("</doc>")) kept += line;
    after_doc_ = doc;
    begin = end;
  }
  text = std::move(kept);
}

std::optional<Block> TextSource::next() {
  for (;;) {
    fill();
    if (pending_.empty()) {
      if (reader_ && !ended_) continue;
      if (!open_next()) return std::nullopt;
      continue;
    }
    size_t end = cut();
    while (end == 0 && fill()) end = cut();
    if (end == 0) end = pending_.size();
    Block block{.text = pending_.substr(0, end), .place = place_};
    pending_.erase(0, end);
    place_.byte += end;
    place_.line += newlines(block.text);
    require_utf8(block.text, block.place);
    if (options_.markup == Markup::wiki) drop_markup(block.text);
    return block;
  }
}

bool LineReader::next(std::string& line) {
  line.clear();
  for (bool begun = false;;) {
    if (at_ == block_.text.size()) {
      auto block = source_.next();
      if (!block) return begun;
      block_ = std::move(*block);
      at_ = 0;
      lines_ = 0;
      continue;
    }
    if (!begun) place_ = {block_.place.file, block_.place.byte + at_, block_.place.line + lines_};
    begun = true;
    const size_t end = block_.text.find('\n', at_);
    line.append(block_.text, at_, std::min(end, block_.text.size()) - at_);
    at_ = end == std::string::npos ? block_.text.size() : end + 1;
    if (end == std::string::npos) continue;
    ++lines_;
    if (line.ends_with('\r')) line.pop_back();
    return true;
  }
}

std::vector<std::string> all_lines(const std::string& path) {
  LineReader reader(TextSource(text_files(path)));
  std::vector<std::string> lines;
  for (std::string line; reader.next(line);) lines.push_back(std::move(line));
  return lines;
}

}  // namespace cairn::text
