// The format's rules, one by one: https://huggingface.co/docs/safetensors, "Format".
#include "cairn/io/safetensors.h"

#include <gtest/gtest.h>

#include "cairn/base/error.h"
#include "files.h"

using namespace cairn;
using namespace cairn::io::testing;

namespace {

std::string file(const std::string& header, const std::string& data) {
  std::string bytes;
  for (int i = 0; i < 8; ++i) bytes += static_cast<char>(header.size() >> (8 * i));
  return bytes + header + data;
}

std::string refusal(const std::string& bytes) {
  return input_error([&] { io::parse_safetensors(bytes_of(bytes), "x.safetensors"); });
}

std::string refusal(const std::string& header, const std::string& data) {
  return refusal(file(header, data));
}

const std::vector<torch::ScalarType> kEveryType{torch::kBool,
                                                torch::kUInt8,
                                                torch::kInt8,
                                                torch::kFloat8_e5m2,
                                                torch::kFloat8_e4m3fn,
                                                torch::kFloat8_e8m0fnu,
                                                torch::kFloat8_e4m3fnuz,
                                                torch::kFloat8_e5m2fnuz,
                                                torch::kInt16,
                                                torch::kUInt16,
                                                torch::kFloat16,
                                                torch::kBFloat16,
                                                torch::kInt32,
                                                torch::kUInt32,
                                                torch::kFloat32,
                                                torch::kFloat64,
                                                torch::kInt64,
                                                torch::kUInt64,
                                                torch::kComplexFloat};

}  // namespace

TEST(Safetensors, EveryDtypeComesBack) {
  const TemporaryFolder folder;
  io::TensorMap tensors;
  for (const auto type : kEveryType) tensors[c10::toString(type)] = torch::tensor({1.0, 2.0, 4.0}).to(type);
  tensors["scalar"] = torch::tensor(2.5);
  tensors["empty"] = torch::empty({0, 3});
  tensors["view"] = torch::arange(6).view({2, 3}).t();
  const std::map<std::string, std::string> metadata{{"format", "pt"}, {"\u00fc", "\n\"x\""}};
  io::write_safetensors(folder / "x", tensors, metadata);
  const std::string bytes = slurp(folder / "x");
  for (const auto& again : {io::read_safetensors(folder / "x"), io::parse_safetensors(bytes_of(bytes), "x")}) {
    ASSERT_EQ(again.tensors.size(), tensors.size());
    EXPECT_EQ(again.metadata, metadata);
    for (const auto& [name, tensor] : tensors) {
      const auto& read = again.tensors.at(name);
      EXPECT_EQ(read.scalar_type(), tensor.scalar_type());
      EXPECT_EQ(read.sizes(), tensor.sizes());
      EXPECT_TRUE(torch::equal(read.to(torch::kComplexDouble), tensor.to(torch::kComplexDouble))) << name;
    }
  }
}

TEST(Safetensors, TheSameTensorsGiveTheSameAlignedBytes) {
  const TemporaryFolder folder;
  const io::TensorMap tensors{{"a", torch::ones({3}, torch::kUInt8)}, {"b", torch::ones({3}, torch::kFloat64)}};
  io::write_safetensors(folder / "x", tensors);
  io::write_safetensors(folder / "y", tensors);
  EXPECT_EQ(slurp(folder / "x"), slurp(folder / "y"));
  for (const auto& [name, tensor] : io::read_safetensors(folder / "x").tensors) {
    EXPECT_EQ(reinterpret_cast<uintptr_t>(tensor.data_ptr()) % static_cast<uintptr_t>(tensor.element_size()), 0U)
        << name;
  }
  EXPECT_EQ(folder.names(), (std::vector<std::string>{"x", "y"}));
}

TEST(Safetensors, UnalignedTensorsAreReadToo) {
  const TemporaryFolder folder;
  spill(
      folder / "x",
      file(
          R"({"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"b":{"dtype":"I16","shape":[1],"data_offsets":[1,3]}} )",
          std::string("\7\2\1", 3)));
  EXPECT_EQ(io::read_safetensors(folder / "x").tensors.at("b").item<int64_t>(), 0x102);
}

TEST(Safetensors, TheFileStaysAsItIsWhenATensorIsWrittenTo) {
  const TemporaryFolder folder;
  io::write_safetensors(folder / "x", {{"a", torch::ones({4})}});
  const std::string before = slurp(folder / "x");
  io::read_safetensors(folder / "x").tensors.at("a").fill_(7);
  EXPECT_EQ(slurp(folder / "x"), before);
}

TEST(Safetensors, TensorsOutliveTheFilesName) {
  const TemporaryFolder folder;
  io::write_safetensors(folder / "x", {{"a", torch::arange(4)}});
  const auto tensor = io::read_safetensors(folder / "x").tensors.at("a");
  io::write_safetensors(folder / "x", {{"a", torch::zeros({4})}});
  std::filesystem::remove(folder / "x");
  EXPECT_TRUE(torch::equal(tensor, torch::arange(4)));
}

TEST(Safetensors, EveryTruncationIsRefused) {
  const TemporaryFolder folder;
  io::write_safetensors(folder / "x", {{"a", torch::ones({2})}, {"b", torch::ones({3}, torch::kBool)}}, {{"k", "v"}});
  const std::string whole = slurp(folder / "x");
  for (size_t size = 0; size < whole.size(); ++size) {
    EXPECT_NE(refusal(whole.substr(0, size)), "") << size;
  }
  EXPECT_NE(refusal(whole + "x"), "");
}

TEST(Safetensors, Headers) {
  EXPECT_EQ(refusal("{}", ""), "");
  EXPECT_NE(refusal("", ""), "");
  EXPECT_NE(refusal("[]", ""), "");
  EXPECT_NE(refusal(" {}", ""), "");
  EXPECT_NE(refusal("{", ""), "");
  EXPECT_NE(refusal("{}x", ""), "");
  EXPECT_NE(refusal("{\"\xff\":1}", ""), "");
  EXPECT_NE(refusal(std::string(100'000, '{'), ""), "");
  EXPECT_NE(refusal(R"({"__metadata__":{"a":1}})", ""), "");
  EXPECT_NE(refusal(R"({"__metadata__":[]})", ""), "");
  EXPECT_NE(refusal(std::string("\xff\xff\xff\xff\xff\xff\xff\x7f{}", 10)), "");  // oversized
  EXPECT_NE(refusal(std::string("\x01\xe1\xf5\x05\0\0\0\0{}", 10)), "");          // 100 MB and one
}

TEST(Safetensors, Entries) {
  const std::string two =
      R"({"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]},"b":{"dtype":"U8","shape":[4],"data_offsets":)";
  EXPECT_EQ(refusal(two + "[4,8]}}", "12345678"), "");
  EXPECT_NE(refusal(two + "[2,6]}}", "123456").find("overlaps"), std::string::npos);
  EXPECT_NE(refusal(two + "[5,9]}}", "123456789").find("hole"), std::string::npos);
  EXPECT_NE(refusal(two + "[0,4]}}", "1234").find("overlaps"), std::string::npos);
  EXPECT_NE(refusal(two + "[8,4]}}", "12345678"), "");
  EXPECT_NE(refusal(two + "[4,8]}}", "1234567").find("truncated"), std::string::npos);
  EXPECT_NE(refusal(two + "[4,8]}}", "123456789").find("after the last"), std::string::npos);
  EXPECT_NE(refusal(two + "[-4,8]}}", "12345678"), "");
  EXPECT_NE(refusal(two + "[4,8.0]}}", "12345678"), "");
  EXPECT_NE(
      refusal(two + "[4,8]},\"a\":{\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[8,8]}}", "12345678").find("twice"),
      std::string::npos);
  const auto one = [](const std::string& dtype, const std::string& shape, const std::string& data) {
    return refusal("{\"a\":{\"dtype\":\"" + dtype + "\",\"shape\":" + shape + ",\"data_offsets\":[0," +
                       std::to_string(data.size()) + "]}}",
                   data);
  };
  EXPECT_EQ(one("F32", "[1]", "1234"), "");
  EXPECT_EQ(one("F32", "[]", "1234"), "");
  EXPECT_NE(one("F64", "[1]", "1234"), "");
  EXPECT_NE(one("F32", "[2]", "1234"), "");
  EXPECT_NE(one("F32", "[-1]", "1234"), "");
  EXPECT_NE(one("F32", "[1.0]", "1234"), "");
  EXPECT_NE(one("F32", "1", "1234"), "");
  EXPECT_NE(one("F32", "[4611686018427387904,4]", "1234"), "");
  EXPECT_NE(one("F32", "[0,9223372036854775807,9223372036854775807]", ""), "");
  EXPECT_NE(one("Q4", "[1]", "1").find("'Q4'"), std::string::npos);
  EXPECT_NE(one("F4", "[2]", "1").find("F4"), std::string::npos);
}

TEST(Safetensors, WhatTheFormatLacksIsNotWritten) {
  const TemporaryFolder folder;
  EXPECT_THROW(io::write_safetensors(folder / "x", {{"a", torch::ones({1}, torch::kComplexDouble)}}), UsageError);
  EXPECT_THROW(io::write_safetensors(folder / "x", {{"__metadata__", torch::ones({1})}}), UsageError);
  EXPECT_THROW(io::write_safetensors(folder / "x", {{"\xff", torch::ones({1})}}), UsageError);
  EXPECT_TRUE(folder.names().empty());
}
