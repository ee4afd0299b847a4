#include "cairn/io/atomic_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstring>
#include <fstream>

#include "cairn/base/error.h"
#include "cairn/base/text.h"

namespace cairn::io {

namespace fs = std::filesystem;

namespace {

[[noreturn]] void fail(const fs::path& path, const char* action) {
  throw EnvironmentError(path.string(), cat("cannot ", action, ": ", std::strerror(errno)));
}

fs::path temporary_beside(const fs::path& path) {
  static std::atomic<int> count{0};
  const std::string name = cat(kTemporaryPrefix, path.filename().string(), "-", ::getpid(), "-", count++);
  return path.parent_path() / name;
}

/// Makes a rename in `folder` survive a power cut.
void flush_folder(const fs::path& folder) {
  const int descriptor = ::open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY);
  if (descriptor < 0) return;
  ::fsync(descriptor);
  ::close(descriptor);
}

void make_parent(const fs::path& path) {
  std::error_code error;
  if (!path.parent_path().empty()) fs::create_directories(path.parent_path(), error);
  if (error) throw EnvironmentError(path.parent_path().string(), cat("cannot be made: ", error.message()));
}

}  // namespace

AtomicFile::AtomicFile(fs::path path) : path_(std::move(path)), temporary_(temporary_beside(path_)) {
  make_parent(path_);
  if (fs::is_directory(path_)) throw EnvironmentError(path_.string(), "cannot write: this is a folder");
  descriptor_ = ::open(temporary_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
  if (descriptor_ < 0) fail(path_, "write");
}

AtomicFile::~AtomicFile() {
  if (descriptor_ < 0) return;
  ::close(descriptor_);
  ::unlink(temporary_.c_str());
}

void AtomicFile::write(const void* data, size_t bytes) {
  const char* next = static_cast<const char*>(data);
  while (bytes > 0) {
    const ssize_t written = ::write(descriptor_, next, bytes);
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) fail(path_, "write");
    next += written;
    bytes -= static_cast<size_t>(written);
  }
}

void AtomicFile::commit() {
  if (::fsync(descriptor_) != 0) fail(path_, "write");
  if (::rename(temporary_.c_str(), path_.c_str()) != 0) fail(path_, "rename to");
  ::close(descriptor_);
  descriptor_ = -1;
  flush_folder(path_.parent_path());
}

void write_file(const fs::path& path, std::string_view bytes) {
  AtomicFile file(path);
  file.write(bytes);
  file.commit();
}

std::string read_file(const fs::path& path, uint64_t max_bytes) {
  std::ifstream file(path, std::ios::binary);
  if (!file || fs::is_directory(path)) fail(path, "read");
  std::string bytes;
  char block[1 << 16];
  while (file.read(block, sizeof block) || file.gcount() > 0) {
    bytes.append(block, static_cast<size_t>(file.gcount()));
    if (bytes.size() > max_bytes) {
      throw InputError(path.string(), got_expected("a larger file", cat("at most ", human_bytes(static_cast<double>(max_bytes)))));
    }
  }
  return bytes;
}

AtomicFolder::AtomicFolder(fs::path path) : path_(std::move(path)) {
  if (path_.filename().empty()) path_ = path_.parent_path();
  temporary_ = temporary_beside(path_);
  std::error_code error;
  fs::create_directories(temporary_, error);
  if (error) throw EnvironmentError(path_.string(), cat("cannot be made: ", error.message()));
}

AtomicFolder::~AtomicFolder() {
  std::error_code ignored;
  fs::remove_all(temporary_, ignored);
}

void AtomicFolder::commit() {
  flush_folder(temporary_);
  fs::path aside;
  if (fs::exists(path_)) {
    aside = temporary_beside(path_);
    fs::rename(path_, aside);
  }
  if (::rename(temporary_.c_str(), path_.c_str()) != 0) fail(path_, "rename to");
  flush_folder(path_.parent_path());
  std::error_code ignored;
  if (!aside.empty()) fs::remove_all(aside, ignored);
}

void remove_stale_temporaries(const fs::path& folder) {
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(folder, ignored)) {
    if (entry.path().filename().string().starts_with(kTemporaryPrefix)) fs::remove_all(entry.path(), ignored);
  }
}

}  // namespace cairn::io
