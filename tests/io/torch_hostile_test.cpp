// Checkpoints made to harm: each is refused with an InputError that names the file, and nothing is executed.
#include <gtest/gtest.h>

#include "cairn/base/error.h"
#include "cairn/io/pickle.h"
#include "cairn/io/torch_checkpoint.h"
#include "cairn/io/zip.h"
#include "files.h"

using namespace cairn;
using namespace cairn::io::testing;

namespace {

std::string little(uint64_t value, int width) {
  std::string bytes;
  for (int i = 0; i < width; ++i) bytes += static_cast<char>(value >> (8 * i));
  return bytes;
}

std::string text(const std::string& value) {
  return "X" + little(value.size(), 4) + value;
}

std::string integer(int64_t value) {
  return "\x8a\x08" + little(static_cast<uint64_t>(value), 8);
}

std::string tuple(const std::vector<int64_t>& values) {
  std::string out = "(";
  for (const int64_t value : values) out += integer(value);
  return out + "t";
}

std::string pickled(const std::string& opcodes) {
  return "\x80\x02" + opcodes + ".";
}

/// A zip checkpoint with this pickle and the storage "0" of 16 bytes.
std::string checkpoint(const std::string& opcodes, const std::string& storage = std::string(16, '\1')) {
  const TemporaryFolder folder;
  io::ZipWriter archive(io::ZipWriter::Method::stored);
  archive.add_text("archive/data.pkl", pickled(opcodes));
  archive.add_text("archive/data/0", storage);
  archive.add_text("archive/version", "3\n");
  archive.write(folder / "x.pth");
  return slurp(folder / "x.pth");
}

std::string storage(const std::string& key, int64_t count) {
  return "(" + text("storage") + "ctorch\nFloatStorage\n" + text(key) + text("cpu") + integer(count) + "tQ";
}

std::string tensor(const std::string& store, int64_t offset, const std::vector<int64_t>& sizes,
                   const std::vector<int64_t>& strides) {
  return "ctorch._utils\n_rebuild_tensor_v2\n(" + store + integer(offset) + tuple(sizes) + tuple(strides) +
         "\x89"
         "ccollections\nOrderedDict\n)RtR";
}

/// The old form up to its storages.
std::string old_form(const std::string& opcodes) {
  return pickled("\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19") + pickled("M" + little(1001, 2)) + pickled("}") +
         pickled(opcodes);
}

/// What is said when it is refused; "" if it is read.
std::string refusal(const std::string& bytes) {
  const std::string what = input_error([&] { io::parse_torch_checkpoint(bytes_of(bytes), "x.pth"); });
  EXPECT_TRUE(what.empty() || what.starts_with("[x.pth")) << what;
  return what;
}

bool says(const std::string& what, const std::string& part) {
  return what.find(part) != std::string::npos;
}

std::string repeated(const std::string& part, int count) {
  std::string out;
  for (int i = 0; i < count; ++i) out += part;
  return out;
}

}  // namespace

TEST(HostileCheckpoint, TheFormItselfIsRead) {
  EXPECT_EQ(refusal(checkpoint(tensor(storage("0", 4), 0, {4}, {1}))), "");
  EXPECT_EQ(refusal(old_form(tensor(storage("0", 4), 0, {4}, {1})) + pickled("]" + text("0") + "a") + little(4, 8) +
                    std::string(16, '\1')),
            "");
}

TEST(HostileCheckpoint, CallsAreNeverMade) {
  const std::string shell = text("touch owned") + "\x85R";
  for (const std::string global :
       {"cos\nsystem\n", "cposix\nsystem\n", "cbuiltins\neval\n", "c__builtin__\nexec\n", "cbuiltins\ngetattr\n",
        "csubprocess\nPopen\n", "ctorch\nload\n", "ctorch.hub\nload\n", "cnumpy\nload\n", "ccopyreg\n_reconstructor\n",
        "ctorch._utils\n_rebuild\n"}) {
    EXPECT_TRUE(says(refusal(checkpoint(global + shell)), "nothing was executed")) << global;
    EXPECT_TRUE(says(refusal(old_form(global + shell)), "nothing was executed")) << global;
  }
  EXPECT_TRUE(says(refusal(checkpoint(text("os") + text("system") + "\x93" + shell)), "os.system"));
  EXPECT_TRUE(says(refusal(pickled("cos\nsystem\n" + shell)), "byte 2"));
  EXPECT_FALSE(std::filesystem::exists("owned"));
}

TEST(HostileCheckpoint, OpcodesThatBuildOtherObjects) {
  for (const std::string opcodes : {"(ios\nsystem\n", "(cos\nsystem\no", "\x82\x01", "P0\n", "I1\n", "\x97", "\x98"}) {
    EXPECT_NE(refusal(checkpoint(opcodes)), "") << opcodes;
  }
}

TEST(HostileCheckpoint, DeepNesting) {
  constexpr int kDepth = 200'000;
  EXPECT_TRUE(says(refusal(checkpoint(repeated("]", kDepth) + repeated("a", kDepth - 1))), "nesting"));
  EXPECT_TRUE(says(refusal(checkpoint(repeated("(", kDepth) + repeated("t", kDepth))), "nesting"));
  EXPECT_TRUE(says(refusal(checkpoint(")" + repeated("\x85", kDepth))), "nesting"));
  const std::string parameter = "ctorch._utils\n_rebuild_parameter\n";
  EXPECT_NE(refusal(checkpoint(repeated(parameter, 1000) + "N" + repeated("\x85R", 1000))), "");
  const std::string size = "ctorch\nSize\n";
  EXPECT_NE(refusal(checkpoint(repeated(size, 1000) + ")" + repeated("\x85R", 1000))), "");
  const std::string bytes = "cbuiltins\nbytearray\n";
  EXPECT_NE(refusal(checkpoint(repeated(bytes, 1000) + "N" + repeated("\x85R", 1000))), "");
}

TEST(HostileCheckpoint, AListThatHoldsItself) {
  EXPECT_TRUE(says(refusal(checkpoint("]q\1h\1a")), "nesting"));
  EXPECT_TRUE(says(refusal(checkpoint("}q\1" + text("a") + "h\1s")), "nesting"));
}

TEST(HostileCheckpoint, AListOfListsOfLists) {
  std::string laughs = "]q\1";  // each level holds the one before it ten times
  for (char level = 1; level < 20; ++level) {
    laughs += std::string("](") + repeated(std::string("h") + level, 10) + "eq" + static_cast<char>(level + 1);
  }
  EXPECT_TRUE(says(refusal(checkpoint("(" + laughs + "t")), "repeated"));
  const std::string long_text = text(std::string(100'000, 'a')) + "q\1";
  EXPECT_TRUE(says(refusal(checkpoint("](" + long_text + repeated("h\1", 10'000) + "e")), "repeated"));
}

TEST(HostileCheckpoint, LengthsBeyondTheFile) {
  for (const std::string opcodes :
       {"X\xff\xff\xff\xff", "\x8d\xff\xff\xff\xff\xff\xff\xff\x7f", "B\xff\xff\xff\x7f", "\x8b\xff\xff\xff\x7f",
        "T\xff\xff\xff\x7f", "\x96\xff\xff\xff\xff\xff\xff\xff\xff", "U\xff"}) {
    EXPECT_TRUE(says(refusal(checkpoint(opcodes)), "truncated")) << opcodes;
  }
}

TEST(HostileCheckpoint, StackAndMemoAbuse) {
  for (const std::string opcodes :
       {"",     "0",   "t",    "e",         "R",     "b",    "s",    "u",   "a",  "Q",     "h\1", "j\xff\xff\xff\xff",
        "(",    "N(N", "NN",   "(N1",       "]Ns",   "}(N",  "}(Nu", "NNa", "Nb", ")\x81", "N)R", "\x85",
        "\x87", "q\1", "\x94", "\x80\x06N", "cos\n", "(h\1e"}) {
    EXPECT_NE(refusal(checkpoint(opcodes)), "") << testing::PrintToString(opcodes);
  }
  EXPECT_EQ(refusal(checkpoint("Nr\xff\xff\xff\xff")), "");  // a large number in the memo costs nothing
}

TEST(HostileCheckpoint, TensorsBeyondTheirStorage) {
  const auto refused = [](int64_t offset, const std::vector<int64_t>& sizes, const std::vector<int64_t>& strides) {
    return refusal(checkpoint(tensor(storage("0", 4), offset, sizes, strides)));
  };
  constexpr int64_t kHuge = int64_t{1} << 62;
  EXPECT_EQ(refused(0, {2, 2}, {2, 1}), "");
  EXPECT_EQ(refused(4, {0}, {1}), "");
  EXPECT_EQ(refused(3, {5}, {0}), "");
  EXPECT_NE(refused(0, {5}, {1}), "");
  EXPECT_NE(refused(1, {4}, {1}), "");
  EXPECT_NE(refused(5, {0}, {1}), "");
  EXPECT_NE(refused(-1, {1}, {1}), "");
  EXPECT_NE(refused(0, {-1}, {1}), "");
  EXPECT_NE(refused(3, {2}, {-1}), "");
  EXPECT_NE(refused(0, {2}, {kHuge}), "");
  EXPECT_NE(refused(kHuge, {1}, {1}), "");
  EXPECT_NE(refused(0, {kHuge, 2}, {0, 0}), "");
  EXPECT_NE(refused(0, {1'000'000'000}, {0}), "");  // one element, repeated until memory is full
  EXPECT_NE(refused(0, {4}, {1, 1}), "");
  EXPECT_NE(refused(0, std::vector<int64_t>(65, 1), std::vector<int64_t>(65, 1)), "");
}

TEST(HostileCheckpoint, StoragesBeyondTheFile) {
  for (const int64_t count : {int64_t{3}, int64_t{5}, int64_t{-1}, int64_t{1} << 40, int64_t{1} << 62}) {
    EXPECT_NE(refusal(checkpoint(tensor(storage("0", count), 0, {1}, {1}))), "") << count;
    const std::string old = old_form(tensor(storage("0", count), 0, {1}, {1})) + pickled("]" + text("0") + "a");
    EXPECT_NE(refusal(old + little(static_cast<uint64_t>(count), 8) + std::string(8, '\1')), "") << count;
  }
  EXPECT_TRUE(says(refusal(checkpoint(tensor(storage("1", 4), 0, {4}, {1}))), "archive/data/1"));
  const std::string old = old_form(tensor(storage("0", 4), 0, {4}, {1}));
  EXPECT_NE(refusal(old), "");
  EXPECT_NE(refusal(old + pickled("]")), "");
  EXPECT_NE(refusal(old + pickled("]" + text("other") + "a") + little(4, 8) + std::string(16, '\1')), "");
}

TEST(HostileCheckpoint, AStorageClaimedWithTwoSizes) {
  const std::string two = tensor(storage("0", 4), 0, {1}, {1}) + tensor(storage("0", 2), 0, {1}, {1}) + "\x86";
  EXPECT_TRUE(says(refusal(checkpoint(two)), "as before"));
}

TEST(HostileCheckpoint, AStorageKeyIsNoPath) {
  for (const std::string key : {"../../../../etc/passwd", "/etc/passwd", "../version"}) {
    EXPECT_NE(refusal(checkpoint(tensor(storage(key, 4), 0, {1}, {1}))), "") << key;
  }
}

TEST(HostileCheckpoint, PersistentIdsThatAreNoStorages) {
  for (const std::string& id :
       {std::string("NQ"), text("storage") + "Q", std::string(")Q"), "(" + text("module") + "NNNNtQ",
        "(" + text("storage") + "ctorch\nfloat32\n" + text("0") + text("cpu") + "K\4tQ"}) {
    EXPECT_NE(refusal(checkpoint(id)), "") << id;
  }
}

TEST(HostileCheckpoint, CallsThatMeanNothing) {
  for (const std::string& opcodes :
       {std::string("ctorch._utils\n_rebuild_tensor_v2\n)R"), std::string("ctorch._utils\n_rebuild_tensor_v3\n)R"),
        std::string("ctorch._utils\n_rebuild_parameter\n)R"), std::string("ctorch\nFloatStorage\n)R"),
        std::string("ctorch._tensor\n_rebuild_from_type_v2\n)R"), std::string("ctorch\nTensor\n)\x81"),
        std::string("cnumpy.core.multiarray\n_reconstruct\n)R"), std::string("cnumpy.core.multiarray\nscalar\n)R"),
        std::string("cnumpy.core.multiarray\n_reconstruct\n)R(K\1(K\xff"
                    "tNNNtb"),
        std::string("c_codecs\nencode\n)R"),
        "cnumpy.core.multiarray\nscalar\n(cnumpy\ndtype\n(" + text("O8") + "tRC\1atR"}) {
    EXPECT_NE(refusal(checkpoint(opcodes)), "") << opcodes;
  }
}

TEST(HostileCheckpoint, ACompressedStorageIsRefused) {
  const TemporaryFolder folder;
  io::ZipWriter archive(io::ZipWriter::Method::deflated);
  archive.add_text("archive/data.pkl", pickled(tensor(storage("0", 1 << 20), 0, {1}, {1})));
  archive.add_text("archive/data/0", std::string(4 << 20, '\0'));
  archive.write(folder / "bomb.pth");
  EXPECT_LT(std::filesystem::file_size(folder / "bomb.pth"), 20'000U);
  EXPECT_NE(input_error([&] { io::read_torch_checkpoint(folder / "bomb.pth"); }), "");
}

TEST(HostileCheckpoint, ForeignFiles) {
  EXPECT_TRUE(says(refusal(""), "another kind"));
  EXPECT_TRUE(says(refusal("not a checkpoint"), "another kind"));
  EXPECT_TRUE(says(refusal(pickled("N")), "magic"));
  EXPECT_NE(refusal(slurp(golden("numpy_files/single.npz"))), "");
}

TEST(HostileCheckpoint, EveryTruncationAndManyFlips) {
  for (const char* name :
       {"torch_checkpoints/views_old.pth", "torch_checkpoints/training_old.pth", "torch_checkpoints/views.pth"}) {
    const std::string whole = slurp(golden(name));
    for (size_t size = 0; size < whole.size(); size += 11)
      EXPECT_NE(refusal(whole.substr(0, size)), "") << name << size;
    for (size_t at = 0; at < whole.size(); at += 5) {
      std::string damaged = whole;
      damaged[at] = static_cast<char>(damaged[at] ^ 0x41);
      refusal(damaged);  // may be read, as other values; must not crash
    }
  }
}
