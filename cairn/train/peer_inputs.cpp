#include "cairn/train/peer_inputs.h"

#include "cairn/io/npy.h"

namespace cairn::train {

void write_parameters(const torch::nn::Module& network, const std::filesystem::path& folder) {
  for (const auto& item : network.named_parameters()) {
    io::write_npy(folder / (item.key() + ".npy"), item.value().detach());
  }
}

}  // namespace cairn::train
