// Writing PyTorch checkpoints: the pickle of an ordered dict of tensors, beside one stored member for each storage.
#include <algorithm>
#include <bit>
#include <map>
#include <tuple>

#include "cairn/base/error.h"
#include "cairn/io/torch_checkpoint.h"
#include "cairn/io/torch_globals.h"
#include "cairn/io/zip.h"

namespace cairn::io {

namespace {

static_assert(std::endian::native == std::endian::little, "storages are written as they lie in memory");

/// Opcodes of protocol 2, the one that torch.save uses.
class PickleText {
 public:
  PickleText() { text_ = "\x80\x02"; }
  void opcode(char code) { text_ += code; }
  void global(std::string_view module, std::string_view name) { text_ += cat("c", module, "\n", name, "\n"); }
  void text(std::string_view value) {
    text_ += 'X';
    number(value.size(), 4);
    text_ += value;
  }
  void integer(int64_t value) {
    if (value >= 0 && value <= 0x7FFFFFFF) {
      text_ += 'J';
      return number(static_cast<uint64_t>(value), 4);
    }
    text_ += "\x8a\x08";  // LONG1 of 8 bytes
    number(static_cast<uint64_t>(value), 8);
  }
  void tuple(c10::IntArrayRef values) {
    text_ += '(';
    for (const int64_t value : values) integer(value);
    text_ += 't';
  }
  std::string finish() && { return std::move(text_ += '.'); }

 private:
  void number(uint64_t value, int width) {
    for (int i = 0; i < width; ++i) text_ += static_cast<char>(value >> (8 * i));
  }
  std::string text_;
};

const TorchGlobal& global_of(const std::string& name, const torch::Tensor& tensor) {
  if (const TorchGlobal* known = torch_global_of(tensor.scalar_type())) return *known;
  throw UsageError(
      "PyTorch checkpoint",
      cat("tensor '", name, "': ", got_expected(cat("dtype ", tensor.scalar_type()), "one that PyTorch saves")));
}

/// torch._utils._rebuild_tensor_v2(storage, 0, sizes, strides, False, OrderedDict()), or _v3 with the dtype at its end.
void write_tensor(PickleText& pickle, const std::string& key, const torch::Tensor& tensor, const TorchGlobal& kind) {
  const bool typed = kind.role == TorchRole::storage;
  pickle.global("torch._utils", typed ? "_rebuild_tensor_v2" : "_rebuild_tensor_v3");
  pickle.opcode('(');
  pickle.opcode('(');
  pickle.text("storage");
  typed ? pickle.global(kind.module, kind.name) : pickle.global("torch.storage", "UntypedStorage");
  pickle.text(key);
  pickle.text("cpu");
  pickle.integer(typed ? tensor.numel() : static_cast<int64_t>(tensor.nbytes()));
  pickle.opcode('t');
  pickle.opcode('Q');
  pickle.integer(0);
  pickle.tuple(tensor.sizes());
  pickle.tuple(tensor.strides());
  pickle.opcode('\x89');
  pickle.global("collections", "OrderedDict");
  pickle.opcode(')');
  pickle.opcode('R');
  if (!typed) pickle.global(kind.module, kind.name);
  pickle.opcode('t');
  pickle.opcode('R');
}

/// What tells one tensor under two names from two tensors.
auto identity(const torch::Tensor& tensor) {
  return std::tuple(tensor.const_data_ptr(), tensor.scalar_type(), tensor.is_conj(), tensor.is_neg(),
                    tensor.sizes().vec(), tensor.strides().vec());
}

}  // namespace

void write_torch_checkpoint(const std::filesystem::path& path, const TensorMap& tensors) {
  std::map<decltype(identity(torch::Tensor())), std::string> keys;
  std::vector<torch::Tensor> storages;
  PickleText pickle;
  pickle.global("collections", "OrderedDict");
  pickle.opcode(')');
  pickle.opcode('R');
  pickle.opcode('(');
  for (const auto& [name, tensor] : tensors) {
    const TorchGlobal& kind = global_of(name, tensor);
    const std::string next = cat(storages.size());
    const std::string key = tensor.numel() ? keys.emplace(identity(tensor), next).first->second : next;
    if (key == next) storages.push_back(tensor.detach().to(torch::kCPU).resolve_conj().resolve_neg().contiguous());
    pickle.text(name);
    write_tensor(pickle, key, storages[std::stoull(key)], kind);
  }
  pickle.opcode('u');

  ZipWriter archive(ZipWriter::Method::stored);
  archive.add_text("archive/data.pkl", std::move(pickle).finish());
  archive.add_text("archive/byteorder", "little");
  for (size_t i = 0; i < storages.size(); ++i) {
    const auto* bytes = static_cast<const std::byte*>(storages[i].const_data_ptr());
    archive.add(cat("archive/data/", i), {bytes, storages[i].nbytes()});
  }
  archive.add_text("archive/version", "3\n");
  archive.write(path);
}

}  // namespace cairn::io
