// PyTorch checkpoints in both forms; then every element of what was read is touched, so that a view beyond its storage
// shows.
#include "cairn/io/torch_checkpoint.h"
#include "fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  return cairn::fuzz::refuses_or_reads([&] {
    const auto checkpoint = cairn::io::parse_torch_checkpoint(cairn::fuzz::bytes_of(data, size), "fuzz");
    for (const auto& [name, tensor] : checkpoint.tensors) tensor.contiguous();
    cairn::io::state_dict_of(checkpoint, "", "fuzz");
    checkpoint.values.dump();
  });
}
