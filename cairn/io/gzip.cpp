#include "cairn/io/gzip.h"

#include <zlib.h>

#include <algorithm>

#include "cairn/base/error.h"

namespace cairn::io {

namespace {

constexpr int kGzipWindow = 15 + 16;  // zlib's way of asking for gzip's header
constexpr size_t kBlock = 1 << 18;

struct Inflater {
  z_stream stream{};
  Inflater() { inflateInit2(&stream, kGzipWindow); }
  ~Inflater() { inflateEnd(&stream); }
};

}  // namespace

bool is_gzip(std::span<const std::byte> bytes) {
  return bytes.size() >= 2 && bytes[0] == std::byte{0x1F} && bytes[1] == std::byte{0x8B};
}

std::string gunzip(std::span<const std::byte> bytes, uint64_t max_bytes, const std::string& name) {
  Inflater inflater;
  z_stream& stream = inflater.stream;
  std::string out, block(kBlock, '\0');
  size_t read = 0;
  while (out.size() < max_bytes) {
    if (stream.avail_in == 0) {
      stream.next_in = reinterpret_cast<Bytef*>(const_cast<std::byte*>(bytes.data() + read));
      stream.avail_in = static_cast<uInt>(std::min<size_t>(bytes.size() - read, 1 << 30));
      read += stream.avail_in;
    }
    stream.next_out = reinterpret_cast<Bytef*>(block.data());
    stream.avail_out = static_cast<uInt>(std::min<uint64_t>(kBlock, max_bytes - out.size()));
    const uInt room = stream.avail_out;
    const int status = inflate(&stream, Z_NO_FLUSH);
    out.append(block, 0, room - stream.avail_out);
    if (status == Z_STREAM_END) return out;
    if (status != Z_OK) {
      throw InputError(name, cat("gzip data damaged or truncated near byte ", stream.total_in));
    }
  }
  return out;
}

std::string gzip(std::span<const std::byte> bytes) {
  z_stream stream{};
  deflateInit2(&stream, Z_BEST_COMPRESSION, Z_DEFLATED, kGzipWindow, 9, Z_DEFAULT_STRATEGY);
  std::string out(deflateBound(&stream, bytes.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<std::byte*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

}  // namespace cairn::io
