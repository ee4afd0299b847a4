// Read-only, private mapping through mmap.
#include "cairn/io/mapped_file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "cairn/base/error.h"

namespace cairn::io {

std::shared_ptr<MappedFile> MappedFile::open(const std::filesystem::path& path) {
  const auto fail = [&] { throw EnvironmentError(path.string(), cat("cannot read: ", std::strerror(errno))); };
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) fail();
  struct stat status{};
  const bool known = ::fstat(descriptor, &status) == 0;
  if (!known || !S_ISREG(status.st_mode)) {
    ::close(descriptor);
    throw EnvironmentError(path.string(), "cannot read: this is no regular file");
  }
  std::shared_ptr<MappedFile> file(new MappedFile);
  const auto size = static_cast<size_t>(status.st_size);
  void* address = size == 0 ? nullptr : ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE, descriptor, 0);
  ::close(descriptor);
  if (address == MAP_FAILED) fail();
  file->bytes_ = {static_cast<std::byte*>(address), size};
  return file;
}

void MappedFile::forget() const {
  if (!bytes_.empty()) ::madvise(bytes_.data(), bytes_.size(), MADV_DONTNEED);
}

MappedFile::~MappedFile() {
  if (!bytes_.empty()) ::munmap(bytes_.data(), bytes_.size());
}

}  // namespace cairn::io
