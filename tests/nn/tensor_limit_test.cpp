// Tensors under a limit: counted on the thread that set it, also those freed again, and refused before memory is asked
// for.
#include "cairn/nn/tensor_limit.h"

#include <gtest/gtest.h>

#include <future>
#include <thread>

#include <torch/types.h>

#include "cairn/base/error.h"

namespace cairn::nn {
namespace {

TEST(TensorLimit, RefusesWhatIsTooMuch) {
  const TensorLimit limit(1 << 20, "config.json");
  const auto half = torch::zeros({1 << 17});
  try {
    torch::empty({int64_t{1} << 40});
    FAIL() << "made 4 TiB";
  } catch (const InputError& error) {
    const std::string what = error.what();
    EXPECT_NE(what.find("[config.json] got sizes that need a tensor of 4398046511104 bytes beside 524288"),
              std::string::npos)
        << what;
  }
  EXPECT_EQ(half.sum().item<double>(), 0);
}

TEST(TensorLimit, CountsFreedTensorsToo) {
  const TensorLimit limit(1 << 20, "config.json");
  for (int i = 0; i < 4; ++i) torch::empty({1 << 16});
  EXPECT_THROW(torch::empty({1}), InputError);
}

TEST(TensorLimit, EndsWithItsLife) {
  {
    const TensorLimit limit(8, "config.json");
  }
  EXPECT_EQ(torch::ones({1000}).sum().item<double>(), 1000);
  const TensorLimit again(8000, "config.json");
  EXPECT_EQ(torch::ones({1000}).numel(), 1000);
}

TEST(TensorLimit, LeavesOtherThreadsAlone) {
  const TensorLimit limit(8, "config.json");
  double sum = 0;
  std::thread([&sum] { sum = torch::ones({1000}).sum().item<double>(); }).join();
  EXPECT_EQ(sum, 1000);
}

TEST(TensorLimit, OnceEndedItDoesNotComeBackWithAnotherThreads) {
  {
    const TensorLimit limit(8, "config.json");
  }
  std::promise<void> limited, done;
  std::thread other([&] {
    const TensorLimit limit(8, "config.json");
    limited.set_value();
    done.get_future().wait();
  });
  limited.get_future().wait();
  EXPECT_NO_THROW(torch::ones({1000}));
  done.set_value();
  other.join();
}

TEST(TensorLimit, TensorsOutliveIt) {
  torch::Tensor tensor;
  {
    const TensorLimit limit(1 << 20, "config.json");
    tensor = torch::ones({10});
  }
  tensor.resize_({1 << 20});  // through the allocator that the storage remembers
  EXPECT_EQ(tensor[9].item<double>(), 1);
}

}  // namespace
}  // namespace cairn::nn
