// Models learn: a planted density is found again, and a joint model classifies.
#include <cmath>

#include <torch/optim/adam.h>
#include <torch/optim/lbfgs.h>

#include "cairn/models/autoregressive/classify.h"
#include "cairn/models/autoregressive/sampling.h"
#include "small_models.h"

namespace cairn::autoregressive {
namespace {

/// Minimises the model's objective on x by Adam, in batches of 100, its rate falling to zero.
void fit(DensityModel& model, const torch::Tensor& x, int64_t epochs) {
  model.train();
  torch::optim::Adam adam(model.parameters(), torch::optim::AdamOptions(0.01));
  const int64_t steps = epochs * x.size(0) / 100;
  for (int64_t step = 0; step < steps; ++step) {
    const RandomStream random = RandomStream(1, "fit").at(step);
    const auto rate = 0.01 * (1 - static_cast<double>(step) / static_cast<double>(steps));
    static_cast<torch::optim::AdamOptions&>(adam.param_groups()[0].options()).lr(rate);
    adam.zero_grad();
    const auto begin = step * 100 % x.size(0);
    model.objective(x.slice(0, begin, begin + 100), random).mean().backward();
    adam.step();
    model.after_step();
  }
  model.eval();
}

TEST(PlantedNade, IsFoundToWithinFiveHundredthsOfANat) {
  const SmallModel small{"nade", {.kind = "nade", .hidden = {16}}, {16}};
  const auto truth = make_random(small);
  double entropy = 0;
  {
    const torch::NoGradGuard no_grad;
    const auto log_p = log_likelihood(*truth, enumerate(truth->variables()));
    entropy = -(log_p.exp() * log_p).sum().item<double>();
  }
  const auto train = sample(*truth, 20000, RandomStream(1, "train"));
  const auto held_out = sample(*truth, 20000, RandomStream(1, "held out"));
  const auto model = make_model({.config = small.config, .shape = small.shape});
  fit(*model, train, 20);

  const torch::NoGradGuard no_grad;
  const auto nll = -log_likelihood(*model, held_out).to(torch::kFloat64);
  const double mean = nll.mean().item<double>();
  const double sigma = nll.std().item<double>() / std::sqrt(20000.0);
  EXPECT_LT(mean, entropy + 0.05 + 3 * sigma);
  EXPECT_GT(mean, entropy - 3 * sigma);
  RecordProperty("nats_above_entropy", std::to_string(mean - entropy));
}

TEST(Fvsbn, TwoInitialisationsAgreeBecauseItIsConvex) {
  const SmallModel small{"fvsbn", {.kind = "fvsbn"}, {8}};
  const auto truth = make_random({"nade", {.kind = "nade", .hidden = {8}}, {8}});
  const auto x = sample(*truth, 2000, RandomStream(1, "x"));
  std::vector<double> nll;
  for (const double scale : {0.0, 1.0}) {
    const auto model = make_model({.config = small.config, .shape = small.shape});
    {
      const torch::NoGradGuard no_grad;
      for (auto& parameter : model->parameters()) parameter.normal_(0, scale);
    }
    const auto objective = [&] { return model->objective(x, RandomStream(1, "all")).mean(); };
    torch::optim::LBFGS lbfgs(model->parameters(),
                              torch::optim::LBFGSOptions(1).max_iter(300).line_search_fn("strong_wolfe"));
    lbfgs.step([&] {
      lbfgs.zero_grad();
      const auto loss = objective();
      loss.backward();
      return loss;
    });
    const torch::NoGradGuard no_grad;
    nll.push_back(objective().item<double>());
  }
  EXPECT_NEAR(nll[0], nll[1], 1e-3);
}

class Joint : public testing::TestWithParam<const char*> {};

TEST_P(Joint, PosteriorIsBayesRule) {
  const torch::NoGradGuard no_grad;
  const auto model = make_random({"joint", {.kind = "nade", .hidden = {6}, .label = GetParam()}, {4}});
  const auto x = enumerate(ops::Variables::binary(4));
  const auto joint = joint_log_likelihoods(*model, x, 1).exp();
  EXPECT_NEAR(joint.sum().item<double>(), 1, 1e-10);
  EXPECT_TRUE(torch::allclose(label_posterior(*model, x, 1).exp(), joint / joint.sum(1, true), 1e-10, 1e-14));
  EXPECT_NEAR(marginal_log_likelihood(*model, x, 1).exp().sum().item<double>(), 1, 1e-10);
}

TEST_P(Joint, LearnsALabelThatThePixelsTell) {
  RandomStream random(4, "labels");
  const auto x = torch::zeros({3000, 11}, torch::kUInt8);
  for (int64_t n = 0; n < x.size(0); ++n) {
    const auto y = static_cast<int64_t>(random.below(10));
    for (int64_t d = 0; d < 10; ++d) x[n][d] = d == y ? random.uniform() < 0.95 : random.uniform() < 0.05;
    x[n][10] = y;
  }
  const auto model = make_model({.config = {.kind = "nade", .hidden = {20}, .label = GetParam()}, .shape = {10}});
  fit(*model, x.slice(0, 0, 2500), 10);
  const torch::NoGradGuard no_grad;
  const auto test = x.slice(0, 2500);
  const auto guess = label_posterior(*model, test.slice(1, 0, 10), 1).argmax(1);
  EXPECT_GT(guess.eq(test.select(1, 10)).to(torch::kFloat64).mean().item<double>(), 0.75);  // Bayes: about 0.83
}

INSTANTIATE_TEST_SUITE_P(Label, Joint, testing::Values("first", "last"),
                         [](const auto& test) { return std::string(test.param); });

}  // namespace
}  // namespace cairn::autoregressive
