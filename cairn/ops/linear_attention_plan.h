// How sequences are cut into chunks, and where the states between chunks stand.
#pragma once

#include <cstdint>
#include <vector>

namespace cairn::ops {

/// A sequence of one head: rows of flat arrays.
struct Segment {
  int64_t begin, length;
};

struct Chunk {
  int64_t begin, length;  ///< rows of the flat arrays
  int64_t slot;           ///< of the state before it; slot + 1 is the one after it
};

/// A segment with n chunks has n + 1 consecutive slots, so that one without tokens has one.
struct ChunkPlan {
  ChunkPlan(const std::vector<Segment>& segments, int64_t chunk);

  int64_t segments() const { return static_cast<int64_t>(first_chunk.size()) - 1; }
  int64_t slots() const { return static_cast<int64_t>(chunks.size()) + segments(); }
  int64_t first_slot(int64_t segment) const { return first_chunk[segment] + segment; }
  int64_t last_slot(int64_t segment) const { return first_chunk[segment + 1] + segment; }

  std::vector<int64_t> last_slots() const;  ///< of each segment

  std::vector<Chunk> chunks;         ///< segment by segment, in order
  std::vector<int64_t> first_chunk;  ///< of each segment, and the number of chunks
  int64_t longest = 0;               ///< chunk
};

}  // namespace cairn::ops
