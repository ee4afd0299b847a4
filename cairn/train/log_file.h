// log.jsonl: one JSON object a line, appended; cut back to where a checkpoint left it when a run resumes.
#pragma once

#include <filesystem>

#include "cairn/base/document.h"

namespace cairn::train {

class LogFile {
 public:
  /// Opens (or makes) the file and drops what stands behind its first `bytes` bytes. Throws EnvironmentError if it
  /// cannot be written, InputError if it is shorter than `bytes`.
  LogFile(std::filesystem::path path, int64_t bytes);
  ~LogFile();
  LogFile(const LogFile&) = delete;
  LogFile& operator=(const LogFile&) = delete;

  void append(const Json& line);
  /// On the disk, not only in the system's memory.
  void sync();
  int64_t bytes() const { return bytes_; }

 private:
  std::filesystem::path path_;
  int file_ = -1;
  int64_t bytes_ = 0;
};

}  // namespace cairn::train
