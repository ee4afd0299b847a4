// Damaged, foreign or absent files: exit code 1, a message that names what is wrong, nothing harmed.
#include <gtest/gtest.h>

#include <filesystem>
#include <map>

#include "tool.h"

namespace cairn::testing {
namespace {

namespace fs = std::filesystem;

constexpr int kPixels = 28 * 28;

/// A safetensors file from its header and data; the length in front may lie.
std::string safetensors(const std::string& header, const std::string& data, uint64_t claimed = 0) {
  const uint64_t length = claimed > 0 ? claimed : header.size();
  std::string bytes;
  for (int i = 0; i < 8; ++i) bytes += static_cast<char>(length >> (8 * i));
  return bytes + header + data;
}

std::string header_of(const std::string& file) {
  uint64_t length = 0;
  for (int i = 0; i < 8; ++i) length |= static_cast<uint64_t>(static_cast<unsigned char>(file[i])) << (8 * i);
  return file.substr(8, length);
}

std::string data_of(const std::string& file) {
  return file.substr(8 + header_of(file).size());
}

/// The model's weights with another header.
void rewrite_header(const Sandbox& sandbox, const std::function<void(Json&)>& change) {
  const std::string file = sandbox.read("m/model.safetensors");
  Json header = Json::parse(header_of(file));
  change(header);
  sandbox.write("m/model.safetensors", safetensors(header.dump(), data_of(file)));
}

std::string first_tensor(const Json& header) {
  for (const auto& [name, entry] : header.items()) {
    if (name != "__metadata__") return name;
  }
  return "";
}

TEST(ToolBadFiles, MissingDataSaysHowToGetIt) {
  const Sandbox sandbox;
  expect_refusal(sandbox, {"train", "autoregressive/nade", "--run", "r"},
                 {.messages = {"binarized_mnist", "How to get", "cairn data verify"}});
  expect_refusal(sandbox, {"data", "path", "binarized_mnist"}, {.messages = {"How to get"}});
  const Outcome fetched = sandbox.cairn({"data", "fetch", "binarized_mnist"});
  EXPECT_EQ(fetched.exit_code, 1);
  EXPECT_NE(fetched.out.find("sha256"), std::string::npos);
}

TEST(ToolBadFiles, ShippedDataAreWhole) {
  const Sandbox sandbox;
  const Outcome outcome = sandbox.cairn({"data", "verify", "digits", "--json"});
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_EQ(outcome.json()[0]["whole"], true);
}

TEST(ToolBadFiles, MissingTensorIsListed) {
  WithModel with;
  std::string dropped;
  rewrite_header(with.sandbox, [&](Json& header) {
    dropped = first_tensor(header);
    Json entry = header[dropped];
    header.erase(dropped);
    header["stranger"] = entry;
  });
  expect_refusal(with.sandbox, {"eval", "m"},
                 {.messages = {"missing tensor '" + dropped + "'", "unexpected tensor 'stranger'"}});
}

TEST(ToolBadFiles, WrongShapeIsListed) {
  WithModel with;
  std::string name;
  rewrite_header(with.sandbox, [&](Json& header) {
    name = first_tensor(header);
    header[name]["shape"].push_back(1);
  });
  expect_refusal(with.sandbox, {"eval", "m"}, {.messages = {name, "expected"}});
}

TEST(ToolBadFiles, WrongDtype) {
  WithModel with;
  rewrite_header(with.sandbox, [&](Json& header) {
    Json& entry = header[first_tensor(header)];
    entry["dtype"] = entry["dtype"] == "F32" ? "I32" : "I64";
  });
  expect_refusal(with.sandbox, {"eval", "m"}, {.messages = {"model.safetensors"}});
}

TEST(ToolBadFiles, DamagedSafetensors) {
  WithModel with;
  const Sandbox& sandbox = with.sandbox;
  const std::string whole = sandbox.read("m/model.safetensors");
  const std::string header = header_of(whole), data = data_of(whole);
  const std::map<std::string, std::string> damaged{
      {"empty", ""},
      {"length alone", whole.substr(0, 8)},
      {"cut header", whole.substr(0, 20)},
      {"cut data", whole.substr(0, whole.size() - 1)},
      {"longer data", whole + "x"},
      {"oversized header", safetensors(header, data, uint64_t{1} << 62)},
      {"no JSON", safetensors(std::string(header.size(), '{'), data)},
      {"overlap",
       safetensors(
           R"({"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]},"b":{"dtype":"U8","shape":[4],"data_offsets":[2,6]}})",
           "123456")},
      {"outside",
       safetensors(R"({"a":{"dtype":"F32","shape":[1000000000000],"data_offsets":[0,4000000000000]}})", "1234")},
      {"unknown dtype", safetensors(R"({"a":{"dtype":"Q9","shape":[1],"data_offsets":[0,1]}})", "1")},
  };
  for (const auto& [what, bytes] : damaged) {
    SCOPED_TRACE(what);
    sandbox.write("m/model.safetensors", bytes);
    expect_refusal(sandbox, {"run", "m", "sample"}, {.messages = {"model.safetensors"}});
    expect_refusal(sandbox, {"info", "m/model.safetensors"}, {.messages = {"model.safetensors"}});
  }
}

TEST(ToolBadFiles, DamagedConfig) {
  WithModel with;
  const Json config = Json::parse(with.sandbox.read("m/config.json"));
  with.sandbox.write("m/config.json", "{\"system\": ");
  expect_refusal(with.sandbox, {"eval", "m"}, {.messages = {"config.json"}});
  Json foreign = config;
  foreign["system"] = "autoregresive";
  with.sandbox.write("m/config.json", foreign.dump());
  expect_refusal(with.sandbox, {"eval", "m"}, {.messages = {"config.json", "did you mean 'autoregressive'?"}});
  Json huge = config;
  huge["model"]["hidden"] = {1'000'000'000};
  with.sandbox.write("m/config.json", huge.dump());
  expect_refusal(with.sandbox, {"eval", "m"}, {.messages = {"config.json", "got sizes that need a tensor of"}});
}

TEST(ToolBadFiles, ArraysOfTheWrongShape) {
  WithModel with;
  with.sandbox.write("x.npy", npy({2, 27, 28}, std::vector<uint8_t>(2 * 27 * 28, 0)));
  expect_refusal(with.sandbox, {"run", "m", "score", "--in", "x.npy"}, {.exit_code = 2, .messages = {"27", "28"}});
}

TEST(ToolBadFiles, ValuesOutsideTheLevelsNameTheRow) {
  WithModel with;
  std::vector<uint8_t> values(3 * kPixels, 1);
  values[2 * kPixels + 5] = 9;
  with.sandbox.write("x.npy", npy({3, 28, 28}, values));
  expect_refusal(with.sandbox, {"run", "m", "score", "--in", "x.npy"}, {.messages = {"row 2", "9"}});
  expect_refusal(with.sandbox, {"eval", "m", "--data", "x.npy"}, {.messages = {"x.npy", "row 2", "9"}});
}

TEST(ToolBadFiles, DamagedArrays) {
  WithModel with;
  const std::string whole = npy({1, 28, 28}, std::vector<uint8_t>(kPixels, 0));
  const std::map<std::string, std::string> damaged{{"empty", ""},
                                                   {"cut header", whole.substr(0, 20)},
                                                   {"cut data", whole.substr(0, whole.size() - 1)},
                                                   {"text", "not an array"},
                                                   {"objects", [&] {
                                                      std::string bytes = whole;
                                                      bytes.replace(bytes.find("|u1"), 3, "|O8");
                                                      return bytes;
                                                    }()}};
  for (const auto& [what, bytes] : damaged) {
    SCOPED_TRACE(what);
    with.sandbox.write("x.npy", bytes);
    expect_refusal(with.sandbox, {"run", "m", "score", "--in", "x.npy"}, {.messages = {"x.npy"}});
    expect_refusal(with.sandbox, {"info", "x.npy"}, {.messages = {"x.npy"}});
  }
  expect_refusal(with.sandbox, {"run", "m", "score", "--in", "absent.npy"}, {.messages = {"absent.npy"}});
}

TEST(ToolBadFiles, ADamagedArchiveOrAnotherModelsIsRefused) {
  WithModel with;
  const Sandbox& sandbox = with.sandbox;
  sandbox.write("x.npy", npy({2, 28, 28}, std::vector<uint8_t>(2 * kPixels, 1)));
  ASSERT_EQ(sandbox.cairn({"run", "m", "compress", "--in", "x.npy", "--out", "x.cairn"}).exit_code, 0);
  const std::string whole = sandbox.read("x.cairn");
  sandbox.write("cut.cairn", whole.substr(0, whole.size() / 2));
  sandbox.write("other.cairn", "something else entirely");
  for (const char* name : {"cut.cairn", "other.cairn"}) {
    expect_refusal(sandbox, {"run", "m", "decompress", "--in", name, "--out", "y.npy"}, {.messages = {name}});
  }
}

TEST(ToolBadFiles, HostilePickle) {
  WithModel with;
  const std::string calls = "cos\nsystem\nX" + std::string("\x0b\0\0\0", 4) + "touch owned\x85R.";
  const std::string magic("\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.\x80\x02M\xe9\x03.\x80\x02}.", 25);
  const std::map<std::string, std::string> files{{"bare.pth", "\x80\x02" + calls},
                                                 {"old.pth", magic + "\x80\x02" + calls}};
  for (const auto& [name, bytes] : files) {
    with.sandbox.write(name, bytes);
    expect_refusal(with.sandbox, {"info", name}, {.messages = {name, "byte", "os.system", "nothing was executed"}});
    expect_refusal(with.sandbox, {"import", "pytorch", name, "--config", "m", "--out", "n"},
                   {.messages = {name, "os.system", "nothing was executed"}});
  }
}

TEST(ToolBadFiles, DamagedCheckpointsAndArchives) {
  WithModel with;
  const fs::path golden = fs::path(CAIRN_SOURCE_DIR) / "tests/golden";
  for (const char* name :
       {"torch_checkpoints/views.pth", "torch_checkpoints/views_old.pth", "numpy_files/single.npz"}) {
    fs::remove(with.sandbox / "whole");
    fs::copy_file(golden / name, with.sandbox / "whole");
    const std::string whole = with.sandbox.read("whole");
    for (const size_t size : {whole.size() - 1, whole.size() / 2}) {
      with.sandbox.write("cut", whole.substr(0, size));
      expect_refusal(with.sandbox, {"info", "cut"}, {.messages = {"cut"}});
    }
    expect_refusal(with.sandbox, {"import", "pytorch", "cut", "--config", "m", "--out", "n"}, {.messages = {"cut"}});
  }
  expect_refusal(with.sandbox, {"import", "pytorch", "absent", "--config", "m", "--out", "n"},
                 {.messages = {"absent"}});
}

TEST(ToolBadFiles, ArraysOfTheWrongType) {
  WithModel with;
  std::string halves = npy({1, 28, 56}, std::vector<uint8_t>(2 * kPixels, 0x3c));  // 1.0586 in half precision
  halves.replace(halves.find("|u1"), 3, "<f2");
  halves.replace(halves.find("28, 56"), 6, "28, 28");
  with.sandbox.write("x.npy", halves);
  expect_refusal(with.sandbox, {"run", "m", "score", "--in", "x.npy"}, {.messages = {"row 0", "1.05859", "expected"}});
}

TEST(ToolBadFiles, AReadOnlyPlaceIsAnError) {
  if (::geteuid() == 0) GTEST_SKIP() << "root may write everywhere";
  WithModel with;
  fs::permissions(with.sandbox.path(), fs::perms::owner_read | fs::perms::owner_exec);
  const Outcome outcome = with.sandbox.cairn({"run", "m", "sample", "--count", "1", "--out", "x.npy"});
  fs::permissions(with.sandbox.path(), fs::perms::owner_all);
  EXPECT_EQ(outcome.exit_code, 1);
  EXPECT_NE(outcome.err.find("x.npy"), std::string::npos) << outcome.err;
}

}  // namespace
}  // namespace cairn::testing
