// A TensorBoard event file: scalars, images and texts by tag and step.
//
// Records as TensorFlow's record_writer frames them (length, masked CRC-32C, data, masked CRC-32C), each holding one
// `Event` of tensorflow/core/util/event.proto, encoded here by hand. TensorBoard finds files with "tfevents" in their
// name.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

namespace cairn::io {

class EventWriter {
 public:
  /// Starts a new file (replacing one that is there); with `resume_at` > 0 goes on in the existing one after its first
  /// `resume_at` bytes, or after its last whole record where that comes earlier. Throws EnvironmentError if it cannot
  /// be written.
  explicit EventWriter(const std::filesystem::path& path, int64_t resume_at = 0);
  ~EventWriter();
  EventWriter(const EventWriter&) = delete;
  EventWriter& operator=(const EventWriter&) = delete;

  // Each is one record, handed to the system before the call returns. All throw EnvironmentError on a full disk; what
  // had been written before stays readable.
  void scalar(const std::string& tag, int64_t step, double value);
  /// `png`: a PNG file's bytes. Throws InputError for anything else.
  void image(const std::string& tag, int64_t step, const std::string& png);
  void text(const std::string& tag, int64_t step, const std::string& markdown);

  /// The file's length so far: what `resume_at` takes.
  int64_t bytes() const { return bytes_; }

 private:
  void write_event(int64_t step, const std::string& payload);

  std::filesystem::path path_;
  int file_ = -1;
  int64_t bytes_ = 0;
};

/// Bytes of the whole, undamaged records at the beginning of an event file; 0 if there is no such file.
int64_t whole_event_bytes(const std::filesystem::path& path);

}  // namespace cairn::io
