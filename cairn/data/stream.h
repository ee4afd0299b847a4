// An endless sequence of training batches that can say where it is and go on from there.
#pragma once

#include <memory>

#include "cairn/base/document.h"
#include "cairn/base/random.h"
#include "cairn/data/batch.h"

namespace cairn::data {

class Stream {
 public:
  virtual ~Stream() = default;
  virtual Batch next() = 0;
  /// Everything needed to go on from here, exactly; small.
  virtual Json position() const = 0;
  /// Throws InputError if `position` is not one of this stream's.
  virtual void seek(const Json& position) = 0;
  /// Batches in one pass over the data (the last one may be smaller), so that epochs can be counted.
  virtual int64_t batches_per_epoch() const = 0;
};

}  // namespace cairn::data
