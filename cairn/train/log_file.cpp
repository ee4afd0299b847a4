#include "cairn/train/log_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "cairn/base/error.h"

namespace cairn::train {

LogFile::LogFile(std::filesystem::path path, int64_t bytes) : path_(std::move(path)), bytes_(bytes) {
  file_ = ::open(path_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  if (file_ < 0) throw EnvironmentError(path_.string(), cat("cannot be written: ", std::strerror(errno)));
  struct stat facts{};
  if (::fstat(file_, &facts) != 0 || facts.st_size < bytes) {
    ::close(file_);
    throw InputError(path_.string(),
                     got_expected(cat(facts.st_size, " bytes"), cat("the ", bytes, " of the checkpoint")));
  }
  if (::ftruncate(file_, bytes) != 0) {
    ::close(file_);
    throw EnvironmentError(path_.string(), cat("cannot be cut back: ", std::strerror(errno)));
  }
}

LogFile::~LogFile() {
  ::close(file_);
}

void LogFile::append(const Json& line) {
  const std::string text = line.dump() + "\n";
  for (size_t done = 0; done < text.size();) {
    const ssize_t written = ::write(file_, text.data() + done, text.size() - done);
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) throw EnvironmentError(path_.string(), cat("cannot be written: ", std::strerror(errno)));
    done += static_cast<size_t>(written);
  }
  bytes_ += static_cast<int64_t>(text.size());
}

void LogFile::sync() {
  if (::fsync(file_) != 0) throw EnvironmentError(path_.string(), cat("cannot be written: ", std::strerror(errno)));
}

}  // namespace cairn::train
