#include "cairn/ops/linear_attention_plan.h"

#include <algorithm>

namespace cairn::ops {

ChunkPlan::ChunkPlan(const std::vector<Segment>& segments, int64_t chunk) {
  for (size_t s = 0; s < segments.size(); ++s) {
    first_chunk.push_back(static_cast<int64_t>(chunks.size()));
    for (int64_t t = 0; t < segments[s].length; t += chunk) {
      const int64_t length = std::min(chunk, segments[s].length - t);
      chunks.push_back({segments[s].begin + t, length, static_cast<int64_t>(chunks.size() + s)});
      longest = std::max(longest, length);
    }
  }
  first_chunk.push_back(static_cast<int64_t>(chunks.size()));
}

std::vector<int64_t> ChunkPlan::last_slots() const {
  std::vector<int64_t> slots(segments());
  for (int64_t s = 0; s < segments(); ++s) slots[s] = last_slot(s);
  return slots;
}

}  // namespace cairn::ops
