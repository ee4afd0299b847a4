// Lossless compression with a model's conditionals: arithmetic coding of x in the order of the ensemble's first member.
//
// File: "CAIRNAR1", then little-endian uint64: examples N, variables D, payload bytes; the SHA-256 of the model
// (weights and configuration) and of the data as N x D bytes, 64 hexadecimal digits each; payload. Encoder and decoder
// follow the same Stepper, whose arithmetic is the same for any batch, thread count and machine.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <vector>

#include "cairn/models/autoregressive/density_model.h"

namespace cairn::autoregressive {

struct Compressed {
  std::vector<uint8_t> bytes;
  /// -log2 p(x) summed over all examples: what no coder with this model can undercut on average
  double ideal_bits = 0;
};

/// x: [N, D] uint8. `fingerprint`: model_fingerprint of the model's folder.
Compressed compress(DensityModel& model, const torch::Tensor& x, std::span<const uint8_t> fingerprint);

/// The array that was compressed. Throws InputError for a damaged or truncated file, or another model's.
torch::Tensor decompress(DensityModel& model, std::span<const uint8_t> bytes, std::span<const uint8_t> fingerprint,
                         const std::string& source);

/// 64 bytes that tell models apart: the hexadecimal digits of the SHA-256 over the configuration and the weights.
std::vector<uint8_t> model_fingerprint(const std::string& configuration, const DensityModel& model);

}  // namespace cairn::autoregressive
