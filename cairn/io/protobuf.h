// Encoding protocol-buffer messages by hand: just the few kinds of fields that we write.
// https://protobuf.dev/programming-guides/encoding
#pragma once

#include <bit>
#include <cstdint>
#include <string>

namespace cairn::io {

/// A message under construction; `bytes` is its encoding so far. Members return *this so that fields can be chained.
class ProtoMessage {
 public:
  ProtoMessage& integer(int field, uint64_t value) {
    tag(field, 0);
    varint(value);
    return *this;
  }
  ProtoMessage& real64(int field, double value) {
    tag(field, 1);
    little_endian(std::bit_cast<uint64_t>(value), 8);
    return *this;
  }
  ProtoMessage& real32(int field, float value) {
    tag(field, 5);
    little_endian(std::bit_cast<uint32_t>(value), 4);
    return *this;
  }
  /// A string, raw bytes, or an embedded message's encoding.
  ProtoMessage& bytes(int field, const std::string& value) {
    tag(field, 2);
    varint(value.size());
    encoded_ += value;
    return *this;
  }
  const std::string& encoded() const { return encoded_; }

 private:
  void tag(int field, int wire_type) { varint(static_cast<uint64_t>(field) << 3 | static_cast<uint64_t>(wire_type)); }
  void varint(uint64_t value) {
    for (; value >= 0x80; value >>= 7) encoded_ += static_cast<char>(value | 0x80);
    encoded_ += static_cast<char>(value);
  }
  void little_endian(uint64_t value, int count) {
    for (int i = 0; i < count; ++i) encoded_ += static_cast<char>(value >> (8 * i));
  }

  std::string encoded_;
};

}  // namespace cairn::io
