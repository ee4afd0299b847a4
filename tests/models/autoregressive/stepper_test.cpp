// Steppers against the full network, and against themselves in other batches and threads.
#include <ATen/Parallel.h>

#include "cairn/base/error.h"
#include "cairn/models/autoregressive/sampling.h"
#include "cairn/ops/row_kernels.h"
#include "small_models.h"

namespace cairn::autoregressive {
namespace {

/// log p of each variable by stepping through x: [N, D] float64.
torch::Tensor stepped(DensityModel& model, const torch::Tensor& x, const Path& path) {
  const int64_t N = x.size(0), D = x.size(1);
  const auto terms = torch::zeros({N, D}, torch::kFloat64);
  const auto stepper = model.stepper(path, N);
  std::vector<int64_t> values(N);
  for (const int64_t d : path.order) {
    const int64_t rows = model.variables().levels[d] - 1;
    std::vector<float> logits(N * rows);
    stepper->logits(logits.data());
    for (int64_t n = 0; n < N; ++n) {
      values[n] = x[n][d].item<int64_t>();
      terms[n][d] = ops::log_probability(logits.data() + n * rows, rows, values[n]);
    }
    stepper->observe(values.data());
  }
  return terms;
}

class Steppers : public EverySmallModel {};

TEST_P(Steppers, GiveTheNetworksConditionals) {
  const torch::NoGradGuard no_grad;
  const auto model = make_random(GetParam());
  const auto x = enumerate(model->variables()).slice(0, 0, 50);
  for (int64_t member = 0; member < model->members(); ++member) {
    const auto expected = model->conditionals(x, member);
    const auto actual = stepped(*model, x, model->path(member));
    EXPECT_LT((expected - actual).abs().max().item<double>(), 2e-4) << "member " << member;
  }
}

TEST_P(Steppers, GiveTheSameBitsInAnyBatchAndForAnyThreads) {
  const torch::NoGradGuard no_grad;
  const auto model = make_random(GetParam());
  const auto all = enumerate(model->variables());
  const auto x = all.slice(0, 0, std::min<int64_t>(all.size(0), 9));
  const int threads = at::get_num_threads();
  at::set_num_threads(2);
  const auto together = stepped(*model, x, model->path(0));
  at::set_num_threads(1);
  for (int64_t n = 0; n < x.size(0); ++n) {
    EXPECT_TRUE(torch::equal(stepped(*model, x.slice(0, n, n + 1), model->path(0))[0], together[n]));
  }
  at::set_num_threads(threads);
}

INSTANTIATE_TEST_SUITE_P(Small, Steppers, testing::ValuesIn(small_models()),
                         [](const auto& test) { return test.param.name; });

TEST(Stepper, OfAFixedOrderRefusesAnother) {
  const auto model = make_random({"nade", {.kind = "nade", .hidden = {4}}, {3}});
  EXPECT_THROW(model->stepper({0, {2, 1, 0}}, 1), UsageError);
  EXPECT_THROW(model->stepper({1, {0, 1, 2}}, 1), UsageError);
}

}  // namespace
}  // namespace cairn::autoregressive
