// Zip archives in memory: members by name, every size checked against what the file can hold.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <span>
#include <string>

namespace cairn::io {

struct ZipMember {
  uint64_t index = 0;
  uint64_t size = 0;   ///< unpacked
  bool stored = true;  ///< not compressed
};

bool is_zip(std::span<const std::byte> bytes);

/// Nothing is ever written to the disk, so a member's name is a name and no path.
class ZipReader {
 public:
  /// `bytes` must outlive the reader; `name` stands for the file in messages. Throws InputError for a damaged archive,
  /// a repeated name, an encrypted member, a method other than stored and deflate, and for members that claim more
  /// bytes than the file has or deflate could give.
  ZipReader(std::span<const std::byte> bytes, std::string name);
  ~ZipReader();
  ZipReader(const ZipReader&) = delete;
  ZipReader& operator=(const ZipReader&) = delete;

  const std::string& name() const;
  const std::map<std::string, ZipMember>& members() const { return members_; }
  /// Null if there is none.
  const ZipMember* find(const std::string& member) const;

  /// The member's bytes into `target`, whose size is the member's. Throws InputError for damage (the checksum too).
  void read(const std::string& member, std::span<std::byte> target) const;
  std::string read(const std::string& member) const;

 private:
  struct Archive;
  std::unique_ptr<Archive> archive_;
  std::map<std::string, ZipMember> members_;
};

/// Collects members and writes them complete or not at all: the same members give the same bytes.
class ZipWriter {
 public:
  enum class Method { stored, deflated };

  explicit ZipWriter(Method method);
  ~ZipWriter();
  ZipWriter(const ZipWriter&) = delete;
  ZipWriter& operator=(const ZipWriter&) = delete;

  /// The bytes must live until the archive is written.
  void add(const std::string& member, std::span<const std::byte> bytes);
  /// Copies `text`.
  void add_text(const std::string& member, const std::string& text);
  /// Holds the whole archive in memory on the way. Throws EnvironmentError.
  void write(const std::filesystem::path& path);

 private:
  struct Archive;
  std::unique_ptr<Archive> archive_;
};

}  // namespace cairn::io
