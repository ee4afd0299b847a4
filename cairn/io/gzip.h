// gzip in and out, with a bound on what may come out.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace cairn::io {

bool is_gzip(std::span<const std::byte> bytes);

/// Unpacks up to `max_bytes`: stops there, so that the caller can read a header that says how much to expect. Throws
/// InputError naming `name` for damaged or truncated data.
std::string gunzip(std::span<const std::byte> bytes, uint64_t max_bytes, const std::string& name);

/// The same bytes for the same input: no time, no name.
std::string gzip(std::span<const std::byte> bytes);

}  // namespace cairn::io
