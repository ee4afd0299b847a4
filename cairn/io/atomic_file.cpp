// Atomic files and folders on POSIX: fsync before rename, so that a name never points at unwritten data.
#include "cairn/io/atomic_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdio>
#include <cstring>

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

/// Files and folders alike. Some file systems cannot flush a folder; what they then promise is out of our hands.
void flush(const fs::path& path) {
  const int descriptor = ::open(path.empty() ? "." : path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) fail(path, "open");
  const bool flushed = ::fsync(descriptor) == 0 || errno == EINVAL || errno == ENOTSUP;
  const int reason = errno;
  ::close(descriptor);
  errno = reason;
  if (!flushed) fail(path, "write");
}

void make_folder(const fs::path& path) {
  std::error_code error;
  if (!path.empty()) fs::create_directories(path, error);
  if (error) throw EnvironmentError(path.string(), cat("cannot be made: ", error.message()));
}

/// Swaps two folders in one step where the file system can; else there is an instant without the name.
void exchange(const fs::path& fresh, const fs::path& target) {
  if (::renameat2(AT_FDCWD, fresh.c_str(), AT_FDCWD, target.c_str(), RENAME_EXCHANGE) == 0) return;
  if (errno != EINVAL && errno != ENOSYS) fail(target, "replace");
  const fs::path aside = temporary_beside(target);
  if (::rename(target.c_str(), aside.c_str()) != 0) fail(target, "replace");
  if (::rename(fresh.c_str(), target.c_str()) != 0) fail(target, "replace");
  if (::rename(aside.c_str(), fresh.c_str()) != 0) fail(target, "replace");
}

}  // namespace

AtomicFile::AtomicFile(fs::path path) : path_(std::move(path)) {
  std::error_code ignored;
  if (fs::is_symlink(path_, ignored) && fs::exists(path_, ignored)) path_ = fs::canonical(path_);
  const fs::file_status status = fs::status(path_, ignored);
  if (fs::is_directory(status)) throw EnvironmentError(path_.string(), "cannot write: this is a folder");
  const bool device = fs::exists(status) && !fs::is_regular_file(status);
  make_folder(path_.parent_path());
  if (!device) temporary_ = temporary_beside(path_);
  descriptor_ = device ? ::open(path_.c_str(), O_WRONLY | O_CLOEXEC)
                       : ::open(temporary_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  if (descriptor_ < 0) fail(path_, "write");
}

AtomicFile::~AtomicFile() {
  if (descriptor_ < 0) return;
  ::close(descriptor_);
  if (!temporary_.empty()) ::unlink(temporary_.c_str());
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
  if (!temporary_.empty()) {
    if (::fsync(descriptor_) != 0) fail(path_, "write");
    if (::rename(temporary_.c_str(), path_.c_str()) != 0) fail(path_, "rename to");
    flush(path_.parent_path());
  }
  ::close(descriptor_);
  descriptor_ = -1;
}

void write_file(const fs::path& path, std::string_view bytes) {
  AtomicFile file(path);
  file.write(bytes);
  file.commit();
}

std::string read_file(const fs::path& path, uint64_t max_bytes) {
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) fail(path, "read");
  std::string bytes;
  char block[1 << 16];
  ssize_t count = 0;
  do {
    count = ::read(descriptor, block, sizeof block);
    if (count > 0) bytes.append(block, static_cast<size_t>(count));
  } while (bytes.size() <= max_bytes && (count > 0 || (count < 0 && errno == EINTR)));
  const int reason = errno;
  ::close(descriptor);
  errno = reason;
  if (count < 0) fail(path, "read");
  if (bytes.size() > max_bytes) {
    const std::string limit = human_bytes(static_cast<double>(max_bytes));
    throw InputError(path.string(), got_expected("a larger file", cat("at most ", limit)));
  }
  return bytes;
}

AtomicFolder::AtomicFolder(fs::path path) : path_(std::move(path)) {
  if (path_.filename().empty()) path_ = path_.parent_path();
  temporary_ = temporary_beside(path_);
  make_folder(temporary_);
}

AtomicFolder::~AtomicFolder() {
  std::error_code ignored;
  if (!temporary_.empty()) fs::remove_all(temporary_, ignored);
}

void AtomicFolder::commit() {
  for (const auto& entry : fs::recursive_directory_iterator(temporary_)) {
    if (entry.is_regular_file() || entry.is_directory()) flush(entry.path());
  }
  flush(temporary_);
  if (fs::exists(path_)) {
    exchange(temporary_, path_);  // the destructor removes the old one, which now has the temporary name
  } else {
    if (::rename(temporary_.c_str(), path_.c_str()) != 0) fail(path_, "rename to");
    temporary_.clear();
  }
  flush(path_.parent_path());
}

void remove_stale_temporaries(const fs::path& folder) {
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(folder, ignored)) {
    if (entry.path().filename().string().starts_with(kTemporaryPrefix)) fs::remove_all(entry.path(), ignored);
  }
}

}  // namespace cairn::io
