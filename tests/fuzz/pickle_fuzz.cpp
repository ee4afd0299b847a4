// A checkpoint's pickle alone, in the old form without storages: the machine and what is made of its values.
#include "cairn/io/torch_objects.h"
#include "fuzz.h"

namespace {

/// Every storage is there, and as large as is claimed, up to a bound.
class AnyStorage : public cairn::io::TorchStorages {
 public:
  uint64_t file_bytes() const override { return kBound; }

 private:
  static constexpr uint64_t kBound = 1 << 16;

  torch::Tensor load(const cairn::io::StorageClaim& claim) override {
    if (claim.bytes > kBound) throw cairn::InputError("fuzz", "too large");
    return torch::zeros({static_cast<int64_t>(claim.bytes)}, torch::kUInt8);
  }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  return cairn::fuzz::refuses_or_reads([&] {
    const auto pickle = cairn::io::Pickle::parse(
        {.bytes = cairn::fuzz::bytes_of(data, size), .name = "fuzz", .known = cairn::io::is_torch_global});
    AnyStorage storages;
    const auto objects = cairn::io::read_torch_objects(pickle, storages, "fuzz");
    for (const auto& [name, tensor] : objects.tensors) tensor.contiguous();
    objects.values.dump();
  });
}
