#include "cairn/train/memory_meter.h"

#include <gtest/gtest.h>

#include <thread>

#include <torch/nn/functional/conv.h>

namespace cairn::train {
namespace {

TEST(MemoryMeter, CountsEveryByteOfTensors) {
  count_memory();
  count_memory();  // a second call changes nothing
  const int64_t before = memory_use().live;
  {
    PeakMeter peak;
    auto a = torch::empty({1000}, torch::kFloat32);
    EXPECT_EQ(memory_use().live - before, 4000);
    {
      const auto b = torch::empty({500}, torch::kFloat64);
    }
    EXPECT_EQ(memory_use().live - before, 4000);
    EXPECT_EQ(peak.peak() - peak.before(), 8000);
    peak.restart();
    EXPECT_EQ(peak.peak(), peak.before());
    a.resize_({2000});
    EXPECT_EQ(memory_use().live - before, 8000);
    const auto nothing = torch::empty({0});
    EXPECT_EQ(memory_use().live - before, 8000);
  }
  EXPECT_EQ(memory_use().live, before);
  EXPECT_GE(memory_use().peak, before + 12000);
  EXPECT_GT(resident_memory(), 1000000);
}

TEST(MemoryMeter, InnerMeterDoesNotHideThePeakFromTheOuterOne) {
  count_memory();
  const PeakMeter outer;
  {
    const auto big = torch::empty({100000});
  }
  {
    const PeakMeter inner;
    const auto small = torch::empty({10});
    EXPECT_LT(inner.peak() - inner.before(), 1000);
  }
  EXPECT_GE(outer.peak() - outer.before(), 400000);
}

TEST(MemoryMeter, KernelsAndThreadsGetAndGiveBackMemory) {
  count_memory();
  const int64_t before = memory_use().live;
  const auto work = [] {
    for (int i = 0; i < 20; ++i) torch::conv2d(torch::randn({2, 8, 16, 16}), torch::randn({8, 8, 3, 3}), {}, 1, 1);
  };
  std::thread other(work);
  work();
  other.join();
  EXPECT_EQ(memory_use().live, before);
}

}  // namespace
}  // namespace cairn::train
