// Archives that lie about their members.
#include "cairn/io/zip.h"

#include <gtest/gtest.h>

#include "cairn/base/error.h"
#include "files.h"

using namespace cairn;
using namespace cairn::io::testing;
using io::ZipReader;
using io::ZipWriter;

namespace {

std::string archive_of(const std::map<std::string, std::string>& members, ZipWriter::Method method) {
  const TemporaryFolder folder;
  ZipWriter archive(method);
  for (const auto& [name, text] : members) archive.add_text(name, text);
  archive.write(folder / "x.zip");
  return slurp(folder / "x.zip");
}

std::string refusal(const std::string& bytes) {
  return input_error([&] { ZipReader(bytes_of(bytes), "x.zip"); });
}

/// Overwrites `width` bytes at `offset` after the first occurrence of `signature`, little-endian.
std::string patched(std::string bytes, const std::string& signature, size_t offset, uint64_t value, int width) {
  const size_t at = bytes.find(signature) + offset;
  for (int i = 0; i < width; ++i) bytes[at + static_cast<size_t>(i)] = static_cast<char>(value >> (8 * i));
  return bytes;
}

const std::string kCentral = "PK\1\2";

}  // namespace

TEST(Zip, RoundTrip) {
  const std::string long_text(100'000, 'a');
  for (const auto method : {ZipWriter::Method::stored, ZipWriter::Method::deflated}) {
    const std::string bytes = archive_of({{"a", "one"}, {"folder/b", long_text}, {"empty", ""}}, method);
    const ZipReader archive(bytes_of(bytes), "x.zip");
    EXPECT_EQ(archive.read("a"), "one");
    EXPECT_EQ(archive.read("folder/b"), long_text);
    EXPECT_EQ(archive.read("empty"), "");
    EXPECT_EQ(archive.members().size(), 3U);
    EXPECT_EQ(archive.find("c"), nullptr);
    EXPECT_THROW(archive.read("c"), InputError);
  }
}

TEST(Zip, AMemberLargerThanItsBytesCouldGive) {
  const std::string bomb = archive_of({{"a", std::string(100'000, 'a')}}, ZipWriter::Method::deflated);
  constexpr size_t kUnpackedSize = 24, kPackedSize = 20;
  EXPECT_NE(refusal(patched(bomb, kCentral, kUnpackedSize, 0xF0000000, 4)).find("possible size"), std::string::npos);
  EXPECT_NE(refusal(patched(bomb, kCentral, kPackedSize, 0xF0000000, 4)), "");
  const std::string stored = archive_of({{"a", "one"}}, ZipWriter::Method::stored);
  EXPECT_NE(refusal(patched(stored, kCentral, kUnpackedSize, 1000, 4)), "");
}

TEST(Zip, AMemberUnpackingToAnotherSizeThanItSays) {
  const std::string whole = archive_of({{"a", std::string(5000, 'a')}}, ZipWriter::Method::deflated);
  for (const uint64_t claimed : {4999, 5001}) {
    const std::string bytes = patched(whole, kCentral, 24, claimed, 4);
    const std::string what = input_error([&] { ZipReader(bytes_of(bytes), "x.zip").read("a"); });
    EXPECT_NE(what.find("x.zip"), std::string::npos) << claimed;
  }
}

TEST(Zip, MembersOverEachOther) {
  std::string bytes =
      archive_of({{"a", std::string(1000, 'x')}, {"b", std::string(1000, 'y')}}, ZipWriter::Method::stored);
  const size_t first = bytes.find(kCentral), second = bytes.find(kCentral, first + 1);
  for (const size_t entry : {first, second}) {  // both claim all but the whole file
    for (const size_t field : {20, 24}) {
      bytes = bytes.substr(0, entry) + patched(bytes.substr(entry), kCentral, field, 2000, 4);
    }
  }
  EXPECT_NE(refusal(bytes).find("one after the other"), std::string::npos);
}

TEST(Zip, ARepeatedName) {
  std::string bytes = archive_of({{"one", "1"}, {"two", "2"}}, ZipWriter::Method::stored);
  for (size_t at = bytes.find("two"); at != std::string::npos; at = bytes.find("two")) bytes.replace(at, 3, "one");
  EXPECT_NE(refusal(bytes), "");
}

TEST(Zip, EveryTruncation) {
  const std::string whole = archive_of({{"a", "one"}, {"b", "two"}}, ZipWriter::Method::stored);
  for (size_t size = 0; size < whole.size(); ++size) EXPECT_NE(refusal(whole.substr(0, size)), "") << size;
}

TEST(Zip, ADamagedByteFailsTheChecksum) {
  std::string bytes = archive_of({{"a", "some text"}}, ZipWriter::Method::stored);
  bytes[bytes.find("some text")] = 'S';
  EXPECT_NE(input_error([&] { ZipReader(bytes_of(bytes), "x.zip").read("a"); }), "");
}
