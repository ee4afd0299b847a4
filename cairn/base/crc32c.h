// CRC-32C (Castagnoli), as TensorBoard's record files want it.
#pragma once

#include <cstddef>
#include <cstdint>

namespace cairn {

uint32_t crc32c(const void* data, size_t bytes);
/// Rotated and offset, so that a checksum of data with checksums inside stays good.
uint32_t masked_crc32c(const void* data, size_t bytes);

}  // namespace cairn
