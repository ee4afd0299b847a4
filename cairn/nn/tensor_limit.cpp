#include "cairn/nn/tensor_limit.h"

#include <utility>

#include <c10/core/CPUAllocator.h>

#include "cairn/base/error.h"

namespace cairn::nn {

namespace {

std::mutex limits;
thread_local TensorLimit* this_threads = nullptr;

/// Asks this thread's limit and hands on to the allocator that was there before. Storages remember it, so it stays.
class LimitingAllocator final : public c10::Allocator {
 public:
  c10::DataPtr allocate(size_t bytes) override {
    if (this_threads != nullptr) this_threads->take(bytes);
    return behind->allocate(bytes);
  }
  c10::DeleterFnPtr raw_deleter() const override { return behind->raw_deleter(); }
  void copy_data(void* to, const void* from, size_t bytes) const override { behind->copy_data(to, from, bytes); }

  c10::Allocator* behind = nullptr;
};

LimitingAllocator& limiting() {
  static auto* allocator = new LimitingAllocator;
  return *allocator;
}

constexpr uint8_t kOverAll = 255;

}  // namespace

TensorLimit::TensorLimit(int64_t bytes, std::string source)
    : only_one_(limits), limit_(static_cast<size_t>(bytes)), left_(limit_), source_(std::move(source)) {
  this_threads = this;
  limiting().behind = c10::GetCPUAllocator();
  c10::SetCPUAllocator(&limiting(), kOverAll);
}

TensorLimit::~TensorLimit() {
  c10::SetCPUAllocator(limiting().behind, kOverAll);
  this_threads = nullptr;
}

void TensorLimit::take(size_t bytes) {
  if (bytes > left_) {
    throw InputError(source_, got_expected(cat("sizes that need a tensor of ", bytes, " bytes beside ", limit_ - left_),
                                           cat("at most ", limit_, " bytes for the weights that there are")));
  }
  left_ -= bytes;
}

}  // namespace cairn::nn
