// Where most streams are: passes done, and what of this one is read.
#pragma once

#include "cairn/base/document.h"

namespace cairn::data {

struct StreamPlace {
  int64_t epoch = 0;
  int64_t next = 0;
};

/// Reads {"epoch", "next"}. Throws InputError for anything else and for a `next` outside 0 .. size - 1.
StreamPlace stream_place(const Json& position, int64_t size);

/// Reads {"next": 0 or more}, of a stream without end. Throws InputError for anything else.
int64_t drawn_so_far(const Json& position);

}  // namespace cairn::data
