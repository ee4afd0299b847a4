// Event files, read back by a small decoder of the test's own that shares no code with the writer.
#include "cairn/io/tensorboard_events.h"

#include <gtest/gtest.h>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>

#include "cairn/base/error.h"

using namespace cairn;
namespace fs = std::filesystem;

namespace {

/// CRC-32C bit by bit (Castagnoli polynomial, reflected), masked as TensorFlow does.
uint32_t slow_masked_crc(const std::string& bytes) {
  uint32_t crc = 0xffffffff;
  for (const char c : bytes) {
    crc ^= static_cast<uint8_t>(c);
    for (int bit = 0; bit < 8; ++bit) crc = crc >> 1 ^ (crc & 1 ? 0x82f63b78 : 0);
  }
  crc = ~crc;
  return (crc >> 15 | crc << 17) + 0xa282ead8;
}

/// One level of a protocol-buffer message: field number -> its last value (number fields as raw bytes).
using Message = std::map<int, std::string>;

uint64_t varint(const std::string& bytes, size_t& at) {
  uint64_t value = 0;
  for (int shift = 0;; shift += 7) {
    const auto byte = static_cast<uint8_t>(bytes.at(at++));
    value |= uint64_t{byte & 0x7fu} << shift;
    if (byte < 0x80) return value;
  }
}

Message decode(const std::string& bytes) {
  Message message;
  for (size_t at = 0; at < bytes.size();) {
    const uint64_t key = varint(bytes, at);
    size_t size = 0;
    if ((key & 7) == 0) {
      message[static_cast<int>(key >> 3)] = std::to_string(varint(bytes, at));
      continue;
    }
    if ((key & 7) == 1) size = 8;
    if ((key & 7) == 5) size = 4;
    if ((key & 7) == 2) size = varint(bytes, at);
    message[static_cast<int>(key >> 3)] = bytes.substr(at, size);
    at += size;
  }
  return message;
}

std::string contents(const fs::path& path) {
  std::ostringstream text;
  text << std::ifstream(path, std::ios::binary).rdbuf();
  return std::move(text).str();
}

std::vector<Message> events_of(const fs::path& path) {
  const std::string bytes = contents(path);
  std::vector<Message> events;
  for (size_t at = 0; at < bytes.size();) {
    uint64_t length = 0;
    uint32_t length_crc = 0, data_crc = 0;
    std::memcpy(&length, bytes.data() + at, 8);
    std::memcpy(&length_crc, bytes.data() + at + 8, 4);
    EXPECT_EQ(length_crc, slow_masked_crc(bytes.substr(at, 8)));
    const std::string data = bytes.substr(at + 12, length);
    std::memcpy(&data_crc, bytes.data() + at + 12 + length, 4);
    EXPECT_EQ(data_crc, slow_masked_crc(data));
    events.push_back(decode(data));
    at += 16 + length;
  }
  return events;
}

Message value_of(const Message& event) {
  return decode(decode(event.at(5)).at(1));
}

class EventFile : public testing::Test {
 protected:
  void TearDown() override { fs::remove(path_); }
  fs::path path_ = fs::temp_directory_path() / "events.out.tfevents.cairn_test";
};

/// The first bytes of a PNG file, 300 wide and 2 high, with colour.
const std::string png_start("\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\x01\x2c\0\0\0\x02\x08\x02\0\0\0", 29);

}  // namespace

TEST_F(EventFile, BeginsWithItsVersion) {
  io::EventWriter writer(path_);
  const auto events = events_of(path_);
  ASSERT_EQ(events.size(), 1u);
  EXPECT_EQ(events[0].at(3), "brain.Event:2");
  EXPECT_EQ(writer.bytes(), static_cast<int64_t>(fs::file_size(path_)));
}

TEST_F(EventFile, ScalarsComeBack) {
  io::EventWriter writer(path_);
  writer.scalar("valid.nll", 12345678901, 88.25);
  const auto events = events_of(path_);
  ASSERT_EQ(events.size(), 2u);
  EXPECT_EQ(events[1].at(2), "12345678901");
  const Message value = value_of(events[1]);
  EXPECT_EQ(value.at(1), "valid.nll");
  float number = 0;
  std::memcpy(&number, value.at(2).data(), 4);
  EXPECT_EQ(number, 88.25f);
}

TEST_F(EventFile, ImagesCarryTheirSize) {
  io::EventWriter writer(path_);
  writer.image("samples", 3, png_start);
  const Message image = decode(value_of(events_of(path_).at(1)).at(4));
  EXPECT_EQ(image.at(1), "2");
  EXPECT_EQ(image.at(2), "300");
  EXPECT_EQ(image.at(3), "3");
  EXPECT_EQ(image.at(4), png_start);
  EXPECT_THROW(writer.image("samples", 3, "GIF89a"), InputError);
}

TEST_F(EventFile, TextNamesItsPlugin) {
  io::EventWriter writer(path_);
  writer.text("recipe", 0, "lr: 0.1");
  const Message value = value_of(events_of(path_).at(1));
  EXPECT_EQ(decode(decode(value.at(9)).at(1)).at(1), "text");
  const Message tensor = decode(value.at(8));
  EXPECT_EQ(tensor.at(1), "7");
  EXPECT_EQ(tensor.at(8), "lr: 0.1");
}

TEST_F(EventFile, ResumeDropsWhatCameAfter) {
  int64_t kept = 0;
  {
    io::EventWriter writer(path_);
    writer.scalar("loss", 1, 1);
    kept = writer.bytes();
    writer.scalar("loss", 2, 2);
  }
  io::EventWriter writer(path_, kept);
  EXPECT_EQ(writer.bytes(), kept);
  writer.scalar("loss", 7, 2);
  const auto events = events_of(path_);
  ASSERT_EQ(events.size(), 3u);
  EXPECT_EQ(events[1].at(2), "1");
  EXPECT_EQ(events[2].at(2), "7");
}

TEST_F(EventFile, ResumeOfACutFileGoesOnAfterItsLastWholeRecord) {
  int64_t whole = 0, full = 0;
  {
    io::EventWriter writer(path_);
    whole = writer.bytes();
    writer.scalar("loss", 1, 1);
    full = writer.bytes();
  }
  fs::resize_file(path_, static_cast<uintmax_t>(full - 3));
  EXPECT_EQ(io::whole_event_bytes(path_), whole);
  EXPECT_EQ(io::EventWriter(path_, full).bytes(), whole);
}

TEST_F(EventFile, ResumeWithoutAFileStartsOne) {
  io::EventWriter writer(path_, 1000);
  EXPECT_EQ(events_of(path_).size(), 1u);
}

TEST(Events, AFolderThatIsNotThereIsAnError) {
  EXPECT_THROW(io::EventWriter("/no/such/folder/events.out.tfevents"), EnvironmentError);
}
