// A bound on the tensors that a stretch of code may make: a network whose sizes come from a file is made under one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <mutex>
#include <string>

namespace cairn::nn {

/// While it lives, the CPU tensors that this thread makes hold `bytes` at most, those freed again counted too. The one
/// that would be too much is an InputError that names `source`, thrown before any memory is asked for. Threads that set
/// limits wait for each other.
class TensorLimit {
 public:
  TensorLimit(int64_t bytes, std::string source);
  ~TensorLimit();
  TensorLimit(const TensorLimit&) = delete;
  TensorLimit& operator=(const TensorLimit&) = delete;

  /// What LibTorch asks for. Throws InputError beyond the limit.
  void take(size_t bytes);

 private:
  std::unique_lock<std::mutex> only_one_;
  const size_t limit_;
  size_t left_;
  const std::string source_;
};

}  // namespace cairn::nn
