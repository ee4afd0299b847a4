// Batches of a set that lies in memory: each epoch visits every example once.
#pragma once

#include <map>
#include <string>

#include "cairn/data/stream.h"

namespace cairn::data {

struct ArrayStreamOptions {
  int64_t batch = 1;    ///< examples a batch, >= 1; an epoch's last batch may be smaller
  RandomStream random;  ///< epoch e is visited in the order of Permutation(n, random.at(e))
  bool shuffle = true;  ///< false: in the order of the arrays
};

class ArrayStream : public Stream {
 public:
  /// `arrays`: [n, ...] each, with the same n. Throws InputError if n is 0, UsageError if they differ in n or batch
  /// < 1.
  ArrayStream(std::map<std::string, torch::Tensor> arrays, ArrayStreamOptions options);

  Batch next() override;
  /// {"epoch": whole passes done, "next": examples visited in this one}
  Json position() const override;
  void seek(const Json& position) override;
  int64_t batches_per_epoch() const override;

 private:
  torch::Tensor indices(int64_t begin, int64_t end) const;

  std::map<std::string, torch::Tensor> arrays_;
  ArrayStreamOptions options_;
  int64_t examples_ = 0;
  int64_t epoch_ = 0;
  int64_t next_ = 0;
};

}  // namespace cairn::data
