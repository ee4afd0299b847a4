// The digests of FIPS 180-4's examples, and of a file longer than one block.
#include "cairn/io/sha256.h"

#include <gtest/gtest.h>
#include <fstream>

#include "cairn/base/error.h"

using namespace cairn;

TEST(Sha256, PublishedExamples) {
  EXPECT_EQ(io::sha256("", 0), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(io::sha256("abc", 3), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST(Sha256, FileEqualsMemory) {
  const auto path = std::filesystem::temp_directory_path() / "cairn_sha256_test";
  const std::string million(1'500'000, 'a');
  std::ofstream(path, std::ios::binary) << million;
  EXPECT_EQ(io::sha256_of_file(path), io::sha256(million.data(), million.size()));
  std::filesystem::remove(path);
  EXPECT_THROW(io::sha256_of_file(path), EnvironmentError);
}
