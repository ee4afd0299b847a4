#include "cairn/ops/linear_attention_device.h"

#include <torch/cuda.h>

#include "cairn/ops/linear_attention_causal.h"
#include "cairn/ops/linear_attention_pass_block.h"
#include "tests/ops/linear_attention_cases.h"

namespace cairn::ops {
namespace {

/// CUDA's blocks on the processor, one after the other. Neither their order nor that of their threads may matter.
class HostPasses : public PassRunner {
 public:
  explicit HostPasses(bool backwards = false) : backwards_(backwards) {}
  void run(CausalPass pass, int64_t blocks, const CausalWork<float>& work) const override { all(pass, blocks, work); }
  void run(CausalPass pass, int64_t blocks, const CausalWork<double>& work) const override { all(pass, blocks, work); }

 private:
  template <class T>
  void all(CausalPass pass, int64_t blocks, const CausalWork<T>& work) const {
    const CudaBlock block(backwards_);
    const auto room = std::make_unique_for_overwrite<CausalRoom<T>>();
    with_pass(pass, [&]<CausalPass own>() {
      for (int64_t b = 0; b < blocks; ++b) run_block<own>(block, *room, work, backwards_ ? blocks - 1 - b : b);
    });
  }
  bool backwards_;
};

struct DeviceCase {
  std::string name;
  int decay = 0;  ///< dimensions of log_decay
  bool normalise = false, delta = false;
};
void PrintTo(const DeviceCase& c, std::ostream* out) {
  *out << c.name;
}

/// In any order, one empty, one longer than a chunk; more features and values than a product's tile has columns.
const std::vector<Segment> kSegments{{80, 9}, {89, 9}, {0, 80}, {98, 0}};
constexpr int64_t kRows = 98, kFeatures = 66, kValues = 65;

CausalInput input_of(const DeviceCase& c, torch::ScalarType type) {
  torch::manual_seed(5);
  const auto o = torch::dtype(torch::kFloat64);
  const auto positive = [&](at::IntArrayRef size) { return torch::rand(size, o) / 8; };
  CausalInput in{
      .q = positive({kRows, kFeatures}), .k = positive({kRows, kFeatures}), .v = torch::randn({kRows, kValues}, o)};
  in.normalise = c.normalise;
  in.least = c.normalise ? 9 : 0;  // so that some sums count as this
  in.first = torch::rand({4, kFeatures, kValues + (c.normalise ? 1 : 0)}, o);
  if (c.decay == 1) in.log_decay = -torch::rand({kRows}, o);
  if (c.decay == 2) in.log_decay = -torch::rand({kRows, kFeatures}, o);
  if (c.delta) in.beta = torch::rand({kRows}, o);
  for (auto* t : {&in.q, &in.k, &in.v, &in.log_decay, &in.beta, &in.first}) {
    if (t->defined()) *t = t->to(type);
  }
  return in;
}

/// Outputs, last states, and for fixed gradients of both those of every input.
using Forward = std::function<CausalResult(const ChunkPlan&)>;
using Backward =
    std::function<CausalInput(const ChunkPlan&, const CausalTape&, const torch::Tensor&, const torch::Tensor&)>;
std::vector<torch::Tensor> all_results(int64_t chunk, const Forward& forward, const Backward& backward) {
  const ChunkPlan plan(kSegments, chunk);
  const auto result = forward(plan);
  const auto last = result.tape.states.index_select(0, torch::tensor(plan.last_slots()));
  const auto wave = [](const torch::Tensor& t) {
    return torch::arange(t.numel(), torch::kFloat64).mul(0.7).sin().view(t.sizes()).to(t.scalar_type());
  };
  const auto d = backward(plan, result.tape, wave(result.o), wave(last));
  std::vector<torch::Tensor> all{result.o, last};
  for (const auto* t : {&d.q, &d.k, &d.v, &d.log_decay, &d.beta, &d.first}) {
    if (t->defined()) all.push_back(*t);
  }
  return all;
}

std::vector<torch::Tensor> on_processor(const CausalInput& in, int64_t chunk) {
  return all_results(
      chunk, [&](const auto& plan) { return causal_cpu_forward(in, plan); },
      [&](const auto& plan, const auto&... rest) { return causal_cpu_backward(in, plan, rest...); });
}
std::vector<torch::Tensor> by_blocks(const CausalInput& in, int64_t chunk, const PassRunner& runner) {
  return all_results(
      chunk, [&](const auto& plan) { return causal_device_forward(in, plan, runner); },
      [&](const auto& plan, const auto&... rest) { return causal_device_backward(in, plan, rest..., runner); });
}

class DevicePasses : public testing::TestWithParam<DeviceCase> {};

TEST_P(DevicePasses, BlocksOfThreadsEqualTheProcessorsKernels) {
  const auto in = input_of(GetParam(), torch::kFloat64);
  for (const int64_t chunk : {1, 5, 64}) {
    expect_close(by_blocks(in, chunk, HostPasses()), on_processor(in, chunk), 1e-12);
  }
}

TEST_P(DevicePasses, FloatIsClose) {
  expect_close(by_blocks(input_of(GetParam(), torch::kFloat32), 64, HostPasses()),
               on_processor(input_of(GetParam(), torch::kFloat64), 64), 1e-5);
}

TEST_P(DevicePasses, TheOrderOfThreadsAndBlocksChangesNoBit) {
  const auto in = input_of(GetParam(), torch::kFloat64);
  const auto one = by_blocks(in, 64, HostPasses()), other = by_blocks(in, 64, HostPasses(/*backwards=*/true));
  for (size_t i = 0; i < one.size(); ++i) EXPECT_TRUE(torch::equal(one[i], other[i])) << "result " << i;
}

TEST_P(DevicePasses, StepsEqualChunks) {
  const auto in = with_column(input_of(GetParam(), torch::kFloat64));
  const ChunkPlan plan(kSegments, kLongestDeviceChunk);
  const auto state = in.first.clone();
  const auto o = causal_device_steps(in, plan, state, HostPasses());
  const auto expected = causal_chunked(in, kSegments, 64);
  expect_close({o, state}, {expected.o, expected.last}, 1e-12);
}

INSTANTIATE_TEST_SUITE_P(LinearAttention, DevicePasses,
                         testing::Values(DeviceCase{"sum"}, DeviceCase{"sum_divided", 0, true}, DeviceCase{"decay", 1},
                                         DeviceCase{"decay_divided", 1, true}, DeviceCase{"gates", 2},
                                         DeviceCase{"gates_divided", 2, true}, DeviceCase{"delta", 0, false, true}),
                         [](const auto& test) { return test.param.name; });

/// Where there is a device and a build for it: the same through the operator, gradients included.
class CudaKinds : public testing::TestWithParam<Kind> {};

TEST_P(CudaKinds, TheDeviceEqualsTheProcessor) {
  if (!torch::cuda::is_available()) GTEST_SKIP() << "there is no CUDA device";
  if (!has_causal_kernel(torch::kCUDA)) GTEST_SKIP() << "this build has no CUDA kernels";
  for (const int64_t T : {0, 1, 7, 130}) {
    for (const auto type : {torch::kFloat64, torch::kFloat32}) {
      const auto here = make_call(GetParam(), {.Tq = T, .Tk = T}).in(type, type);
      auto there = here;
      for (auto* t : there.leaves()) *t = t->to(torch::kCUDA);
      if (there.options.projection.defined()) there.options.projection = there.options.projection.to(torch::kCUDA);
      auto got = results(there);
      for (auto& t : got) t = t.cpu();
      expect_close(got, results(here), type == torch::kFloat64 ? 1e-10 : 1e-5);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(LinearAttention, CudaKinds, testing::ValuesIn(causal_kinds()),
                         [](const auto& test) { return test.param.name; });

}  // namespace
}  // namespace cairn::ops
