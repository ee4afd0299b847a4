// Zip archives through libzip, over bytes in memory in both directions.
#include "cairn/io/zip.h"

#include <zip.h>

#include <cstring>
#include <deque>
#include <vector>

#include "cairn/base/error.h"
#include "cairn/io/atomic_file.h"

namespace cairn::io {

namespace {

constexpr uint64_t kMaxDeflateRatio = 1032;  // zlib's algorithm.txt: no block expands further

struct ErrorText {
  zip_error_t error{};
  ErrorText() { zip_error_init(&error); }
  ~ErrorText() { zip_error_fini(&error); }
  const char* text() { return zip_error_strerror(&error); }
};

}  // namespace

struct ZipReader::Archive {
  std::span<const std::byte> bytes;
  std::string name;
  zip_t* zip = nullptr;
  ~Archive() { zip_discard(zip); }

  [[noreturn]] void refuse(const std::string& member, const std::string& what) const {
    throw InputError(member.empty() ? name : cat(name, ", member '", member, "'"), what);
  }

  void open() {
    if (!is_zip(bytes)) refuse("", "this is no zip archive");
    ErrorText error;
    zip_source_t* source = zip_source_buffer_create(bytes.data(), bytes.size(), /*free=*/0, &error.error);
    if (source) zip = zip_open_from_source(source, ZIP_RDONLY, &error.error);
    if (zip) return;
    zip_source_free(source);
    refuse("", cat("damaged or truncated zip archive: ", error.text()));
  }

  ZipMember member(uint64_t index, std::string& member_name, uint64_t& packed_total) const {
    zip_stat_t stat;
    zip_stat_init(&stat);
    constexpr zip_uint64_t kNeeded = ZIP_STAT_NAME | ZIP_STAT_SIZE | ZIP_STAT_COMP_SIZE | ZIP_STAT_COMP_METHOD;
    if (zip_stat_index(zip, index, ZIP_FL_ENC_RAW, &stat) != 0 || (stat.valid & kNeeded) != kNeeded) {
      refuse("", cat("member ", index, " of the zip archive is damaged"));
    }
    member_name = stat.name;
    if ((stat.valid & ZIP_STAT_ENCRYPTION_METHOD) && stat.encryption_method != ZIP_EM_NONE)
      refuse(member_name, "is encrypted");
    const bool stored = stat.comp_method == ZIP_CM_STORE;
    if (!stored && stat.comp_method != ZIP_CM_DEFLATE) {
      refuse(member_name, got_expected(cat("compression method ", stat.comp_method), "stored or deflate"));
    }
    const bool counts = !__builtin_add_overflow(packed_total, stat.comp_size, &packed_total);
    if (!counts || packed_total > bytes.size()) {
      refuse(member_name,
             got_expected(cat(stat.comp_size, " packed bytes"), "members that fit the file one after the other"));
    }
    const bool possible = stored ? stat.size == stat.comp_size : stat.size / kMaxDeflateRatio <= stat.comp_size;
    if (!possible)
      refuse(member_name, cat("got ", stat.size, " bytes from ", stat.comp_size, ", expected a possible size"));
    return {.index = index, .size = stat.size, .stored = stored};
  }
};

bool is_zip(std::span<const std::byte> bytes) {
  return bytes.size() >= 4 &&
         (std::memcmp(bytes.data(), "PK\3\4", 4) == 0 || std::memcmp(bytes.data(), "PK\5\6", 4) == 0);
}

ZipReader::ZipReader(std::span<const std::byte> bytes, std::string name)
    : archive_(std::make_unique<Archive>(Archive{.bytes = bytes, .name = std::move(name)})) {
  archive_->open();
  const auto count = static_cast<uint64_t>(zip_get_num_entries(archive_->zip, 0));
  uint64_t packed_total = 0;
  for (uint64_t index = 0; index < count; ++index) {
    std::string member_name;
    const ZipMember member = archive_->member(index, member_name, packed_total);
    if (!members_.emplace(member_name, member).second) archive_->refuse(member_name, "is in the archive twice");
  }
}

ZipReader::~ZipReader() = default;

const std::string& ZipReader::name() const {
  return archive_->name;
}

const ZipMember* ZipReader::find(const std::string& member) const {
  const auto found = members_.find(member);
  return found == members_.end() ? nullptr : &found->second;
}

void ZipReader::read(const std::string& member, std::span<std::byte> target) const {
  const ZipMember* known = find(member);
  if (!known) archive_->refuse(member, "is not in the archive");
  if (known->size != target.size()) archive_->refuse(member, got_expected(cat(known->size, " bytes"), target.size()));
  zip_file_t* file = zip_fopen_index(archive_->zip, known->index, 0);
  if (!file) archive_->refuse(member, zip_strerror(archive_->zip));
  uint64_t read = 0;
  zip_int64_t count = 1;
  while (count > 0) {  // the read after the last byte is the one that compares the checksum
    std::byte beyond{};
    std::byte* next = read < target.size() ? target.data() + read : &beyond;
    count = zip_fread(file, next, read < target.size() ? target.size() - read : 1);
    if (count > 0 && next == &beyond) break;
    read += count > 0 ? static_cast<uint64_t>(count) : 0;
  }
  const std::string reason = count < 0 ? zip_file_strerror(file) : "";
  zip_fclose(file);
  if (count != 0 || read != target.size()) {
    archive_->refuse(member, cat("damaged near its byte ", read, reason.empty() ? "" : ": ", reason));
  }
}

std::string ZipReader::read(const std::string& member) const {
  const ZipMember* known = find(member);
  std::string bytes(known ? known->size : 0, '\0');
  read(member, std::as_writable_bytes(std::span(bytes)));
  return bytes;
}

struct ZipWriter::Archive {
  zip_source_t* buffer = nullptr;
  zip_t* zip = nullptr;
  Method method = Method::stored;
  std::deque<std::string> texts;
  size_t members = 0;

  ~Archive() {
    if (zip) zip_discard(zip);
    zip_source_free(buffer);
  }
  void must(bool done) const {
    if (!done) throw EnvironmentError("zip", cat("archive cannot be made: ", zip_strerror(zip)));
  }
};

ZipWriter::ZipWriter(Method method) : archive_(std::make_unique<Archive>()) {
  ErrorText error;
  archive_->method = method;
  archive_->buffer = zip_source_buffer_create(nullptr, 0, /*free=*/0, &error.error);
  if (archive_->buffer) {
    zip_source_keep(archive_->buffer);  // the bytes are read back after the archive is closed
    archive_->zip = zip_open_from_source(archive_->buffer, ZIP_TRUNCATE, &error.error);
  }
  if (!archive_->zip) throw EnvironmentError("zip", cat("archive cannot be made: ", error.text()));
}

ZipWriter::~ZipWriter() = default;

void ZipWriter::add(const std::string& member, std::span<const std::byte> bytes) {
  Archive& archive = *archive_;
  zip_source_t* source = zip_source_buffer(archive.zip, bytes.data(), bytes.size(), /*free=*/0);
  archive.must(source != nullptr);
  const zip_int64_t added = zip_file_add(archive.zip, member.c_str(), source, ZIP_FL_ENC_UTF_8);
  if (added < 0) zip_source_free(source);
  archive.must(added >= 0);
  const auto index = static_cast<zip_uint64_t>(added);
  ++archive.members;
  const bool stored = archive.method == Method::stored;
  archive.must(zip_set_file_compression(archive.zip, index, stored ? ZIP_CM_STORE : ZIP_CM_DEFLATE, 0) == 0);
  constexpr zip_uint16_t kFirstDay = 1 << 5 | 1;  // 1 January 1980, the format's earliest: no time gets into the bytes
  archive.must(zip_file_set_dostime(archive.zip, index, 0, kFirstDay, 0) == 0);
}

void ZipWriter::add_text(const std::string& member, const std::string& text) {
  archive_->texts.push_back(text);
  add(member, std::as_bytes(std::span(archive_->texts.back())));
}

void ZipWriter::write(const std::filesystem::path& path) {
  Archive& archive = *archive_;
  if (archive.members == 0)
    return write_file(path, std::string("PK\5\6") + std::string(18, '\0'));  // libzip makes none
  archive.must(zip_close(archive.zip) == 0);
  archive.zip = nullptr;
  if (zip_source_open(archive.buffer) != 0) throw EnvironmentError("zip", "archive cannot be read back");
  AtomicFile file(path);
  std::vector<char> block(1 << 20);
  zip_int64_t count = 0;
  while ((count = zip_source_read(archive.buffer, block.data(), block.size())) > 0) {
    file.write(block.data(), static_cast<size_t>(count));
  }
  zip_source_close(archive.buffer);
  if (count < 0) throw EnvironmentError("zip", "archive cannot be read back");
  file.commit();
}

}  // namespace cairn::io
