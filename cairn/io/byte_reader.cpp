#include "cairn/io/byte_reader.h"

#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "cairn/base/error.h"

namespace cairn::io {

namespace {

constexpr unsigned kBuffer = 1 << 17;

gzFile handle(void* file) {
  return static_cast<gzFile>(file);
}

}  // namespace

ByteReader::ByteReader(std::filesystem::path path) : path_(std::move(path)) {
  errno = 0;
  if (std::filesystem::is_directory(path_)) throw EnvironmentError(path_.string(), "cannot read: this is a folder");
  file_ = path_ == "-" ? gzdopen(::dup(STDIN_FILENO), "rb") : gzopen(path_.c_str(), "rb");
  if (file_ == nullptr) throw EnvironmentError(path_.string(), cat("cannot read: ", std::strerror(errno)));
  gzbuffer(handle(file_), kBuffer);
}

ByteReader::~ByteReader() {
  gzclose(handle(file_));
}

size_t ByteReader::read(char* to, size_t bytes) {
  size_t done = 0;
  while (done < bytes) {
    const auto wanted = static_cast<unsigned>(std::min<size_t>(bytes - done, 1 << 30));
    const int got = gzread(handle(file_), to + done, wanted);
    int status = Z_OK;
    const char* reason = gzerror(handle(file_), &status);
    if (status == Z_ERRNO) throw EnvironmentError(path_.string(), cat("cannot read: ", std::strerror(errno)));
    if (got < 0 || status < 0) {
      throw InputError(path_.string(), cat("gzip data damaged or truncated after byte ", gztell(handle(file_)),
                                           " of the text: ", reason));
    }
    if (got == 0) break;
    done += static_cast<size_t>(got);
  }
  return done;
}

}  // namespace cairn::io
