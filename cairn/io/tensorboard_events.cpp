// Writing TensorBoard event files.
#include "cairn/io/tensorboard_events.h"

#include <fcntl.h>
#include <unistd.h>
#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <fstream>

#include "cairn/base/crc32c.h"
#include "cairn/base/error.h"
#include "cairn/io/protobuf.h"

namespace cairn::io {
namespace {

// Field numbers of event.proto, summary.proto, tensor.proto and tensor_shape.proto.
namespace event {
constexpr int wall_time = 1, step = 2, file_version = 3, summary = 5;
}
namespace summary {
constexpr int value = 1, tag = 1, simple_value = 2, image = 4, tensor = 8, metadata = 9;
constexpr int height = 1, width = 2, colorspace = 3, encoded_image = 4;
constexpr int plugin_data = 1, plugin_name = 1;
}  // namespace summary
namespace tensor {
constexpr int dtype = 1, shape = 2, dim = 2, size = 1, string_val = 8, dt_string = 7;
}

constexpr size_t header_bytes = 12;  // length and its checksum
constexpr size_t footer_bytes = 4;

std::string little_endian(uint64_t value, int count) {
  std::string bytes;
  for (int i = 0; i < count; ++i) bytes += static_cast<char>(value >> (8 * i));
  return bytes;
}

std::string checksum(const std::string& bytes) {
  return little_endian(masked_crc32c(bytes.data(), bytes.size()), 4);
}

uint64_t parse_little_endian(const std::string& bytes) {
  uint64_t value = 0;
  for (size_t i = 0; i < bytes.size(); ++i) value |= static_cast<uint64_t>(static_cast<uint8_t>(bytes[i])) << (8 * i);
  return value;
}

double now() {
  return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

std::string summary_of(const ProtoMessage& value) {
  const std::string summary = ProtoMessage().bytes(summary::value, value.encoded()).encoded();
  return ProtoMessage().bytes(event::summary, summary).encoded();
}

std::string metadata_of(const std::string& plugin) {
  const std::string data = ProtoMessage().bytes(summary::plugin_name, plugin).encoded();
  return ProtoMessage().bytes(summary::plugin_data, data).encoded();
}

struct PngHeader {
  uint32_t width, height, channels;
};

/// Width, height and colours stand at fixed places of a PNG file's first chunk.
PngHeader png_header(const std::string& png) {
  if (png.size() < 26 || png.compare(0, 8, "\x89PNG\r\n\x1a\n") != 0) {
    throw InputError("event file", "got an image that is no PNG file");
  }
  const auto big_endian = [&](size_t at) {
    uint32_t value = 0;
    for (size_t i = 0; i < 4; ++i) value = value << 8 | static_cast<uint8_t>(png[at + i]);
    return value;
  };
  const uint8_t colour_type = static_cast<uint8_t>(png[25]);
  const uint32_t channels = colour_type == 0 ? 1 : colour_type == 4 ? 2 : colour_type == 6 ? 4 : 3;
  return {big_endian(16), big_endian(20), channels};
}

}  // namespace

int64_t whole_event_bytes(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary | std::ios::ate);
  if (!file) return 0;
  const auto size = static_cast<uint64_t>(file.tellg());
  file.seekg(0);
  uint64_t whole = 0;
  std::string header(header_bytes, '\0');
  while (size - whole >= header_bytes + footer_bytes && file.read(header.data(), header_bytes)) {
    const uint64_t length = parse_little_endian(header.substr(0, 8));
    if (header.substr(8) != checksum(header.substr(0, 8))) break;
    if (length > size - whole - header_bytes - footer_bytes) break;
    std::string data(length, '\0'), footer(footer_bytes, '\0');
    if (!file.read(data.data(), static_cast<std::streamsize>(length)) || !file.read(footer.data(), footer_bytes)) break;
    if (footer != checksum(data)) break;
    whole += header_bytes + length + footer_bytes;
  }
  return static_cast<int64_t>(whole);
}

EventWriter::EventWriter(const std::filesystem::path& path, int64_t resume_at) : path_(path) {
  bytes_ = resume_at > 0 ? std::min(resume_at, whole_event_bytes(path)) : 0;
  file_ = ::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
  if (file_ < 0 || ::ftruncate(file_, bytes_) != 0 || ::lseek(file_, bytes_, SEEK_SET) != bytes_) {
    const std::string reason = std::strerror(errno);
    if (file_ >= 0) ::close(file_);
    throw EnvironmentError(path.string(), "cannot be written: " + reason);
  }
  if (bytes_ == 0) write_event(0, ProtoMessage().bytes(event::file_version, "brain.Event:2").encoded());
}

EventWriter::~EventWriter() {
  ::close(file_);
}

void EventWriter::write_event(int64_t step, const std::string& payload) {
  const std::string data =
      ProtoMessage().real64(event::wall_time, now()).integer(event::step, static_cast<uint64_t>(step)).encoded() +
      payload;
  const std::string length = little_endian(data.size(), 8);
  const std::string record = length + checksum(length) + data + checksum(data);
  for (size_t done = 0; done < record.size();) {
    const ssize_t count = ::write(file_, record.data() + done, record.size() - done);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) throw EnvironmentError(path_.string(), cat("cannot be written: ", std::strerror(errno)));
    done += static_cast<size_t>(count);
  }
  bytes_ += static_cast<int64_t>(record.size());
}

void EventWriter::scalar(const std::string& tag, int64_t step, double value) {
  write_event(
      step,
      summary_of(ProtoMessage().bytes(summary::tag, tag).real32(summary::simple_value, static_cast<float>(value))));
}

void EventWriter::image(const std::string& tag, int64_t step, const std::string& png) {
  const PngHeader header = png_header(png);
  const ProtoMessage image = ProtoMessage()
                                 .integer(summary::height, header.height)
                                 .integer(summary::width, header.width)
                                 .integer(summary::colorspace, header.channels)
                                 .bytes(summary::encoded_image, png);
  write_event(step, summary_of(ProtoMessage().bytes(summary::tag, tag).bytes(summary::image, image.encoded())));
}

void EventWriter::text(const std::string& tag, int64_t step, const std::string& markdown) {
  const std::string one = ProtoMessage().integer(tensor::size, 1).encoded();
  const ProtoMessage tensor = ProtoMessage()
                                  .integer(tensor::dtype, tensor::dt_string)
                                  .bytes(tensor::shape, ProtoMessage().bytes(tensor::dim, one).encoded())
                                  .bytes(tensor::string_val, markdown);
  write_event(step, summary_of(ProtoMessage()
                                   .bytes(summary::tag, tag)
                                   .bytes(summary::metadata, metadata_of("text"))
                                   .bytes(summary::tensor, tensor.encoded())));
}

}  // namespace cairn::io
