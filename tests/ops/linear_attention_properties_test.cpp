// What linear attention promises: weights that are weights, the delta rule's memory, Performer's convergence, gates and
// inputs of any size, memory that grows as the length; and what is refused.
#include <cmath>
#include <limits>

#include "cairn/base/error.h"
#include "cairn/base/memory.h"
#include "tests/ops/linear_attention_cases.h"

namespace cairn::ops {
namespace {

std::vector<Kind> normalised_kinds() {
  std::vector<Kind> all;
  for (const auto& kind : causal_kinds()) {
    if (kind.normalise) all.push_back(kind);
  }
  for (const auto& kind : bidirectional_kinds()) {
    if (!kind.normalise) continue;
    all.push_back(kind);
    all.back().name += "_bidirectional";
  }
  return all;
}

class NormalisedKinds : public testing::TestWithParam<Kind> {};

/// Every query and key with something in common, so that no similarity leaves a row without weight.
Call overlapping(Call call) {
  for (auto* t : {&call.q, &call.k}) {
    *t = t->clone();
    t->select(3, 0).abs_().add_(0.1);
  }
  return call;
}

/// Values that are the unit vectors: outputs are the weights themselves.
TEST_P(NormalisedKinds, WeightsAreAtLeast0AndSumTo1) {
  auto call = overlapping(make_call(GetParam(), {.Tq = 20, .Tk = 20, .dk = 6, .dv = 20}, /*with_state=*/false));
  call.v = torch::eye(20, torch::kFloat64).expand_as(call.v);
  const auto weights = with(call, Form::chunked, 8).run().o;
  EXPECT_GE(weights.min().item<double>(), 0);
  EXPECT_LT((weights.sum(3) - 1).abs().max().item<double>(), 1e-12);
  if (GetParam().direction == Direction::causal) {
    EXPECT_EQ(weights.triu(1).abs().max().item<double>(), 0);
  }
}

TEST_P(NormalisedKinds, OnesGiveOnes) {
  for (const auto type : {torch::kFloat32, torch::kFloat64}) {
    auto call = overlapping(make_call(GetParam(), {.Tq = 50, .Tk = 50, .dk = 8}, /*with_state=*/false)).in(type, type);
    call.v = torch::ones_like(call.v);
    EXPECT_LT((call.run().o - 1).abs().max().item<double>(), type == torch::kFloat32 ? 1e-5 : 1e-13);
  }
}

/// Inputs scaled to 1e4, and zero keys, and rows of which every key is masked.
TEST_P(NormalisedKinds, HostileInputsStayFinite) {
  const auto finite = [](const Call& call) {
    for (const auto& t : results(call)) EXPECT_TRUE(torch::isfinite(t).all().item<bool>());
  };
  const auto call = make_call(GetParam(), {.Tq = 70, .Tk = 70, .dk = 16, .dv = 8}, /*with_state=*/false)
                        .in(torch::kFloat32, torch::kFloat32);
  auto large = call, zero = call, masked = call;
  for (auto* t : {&large.q, &large.k, &large.v}) *t = *t * 1e4;
  zero.k = torch::zeros_like(call.k);
  masked.options.key_mask = torch::zeros({2, 70}, torch::kBool);
  finite(large);
  finite(zero);
  finite(masked);
  EXPECT_EQ(masked.run().o.abs().max().item<double>(), 0);  // no weight at all gives 0
}

INSTANTIATE_TEST_SUITE_P(LinearAttention, NormalisedKinds, testing::ValuesIn(normalised_kinds()),
                         [](const testing::TestParamInfo<Kind>& test) { return test.param.name; });

TEST(LinearAttention, LargeInputsStayFiniteWithoutNormalisation) {
  for (const auto& kind : causal_kinds()) {
    if (kind.normalise) continue;
    auto call = make_call(kind, {.Tq = 70, .Tk = 70, .dk = 16, .dv = 8}, false).in(torch::kFloat32, torch::kFloat32);
    for (auto* t : {&call.q, &call.k, &call.v}) *t = *t * 1e4;
    for (const auto& t : results(call)) EXPECT_TRUE(torch::isfinite(t).all().item<bool>()) << kind.name;
  }
}

/// exp(-69) a step and neighbours that do not fade at all: a product of running sums' exponentials would be inf * 0.
TEST(LinearAttention, GatesOfAnySizeAreExact) {
  for (const auto fade : {Fade::gates, Fade::by_token}) {
    auto call =
        make_call({"", Similarity::dot, false, Direction::causal, fade}, {.Tq = 60, .Tk = 60, .dk = 8, .dv = 4});
    auto& log = call.options.log_decay;
    log = torch::where(torch::rand_like(log) < 0.2, torch::full_like(log, -69), torch::full_like(log, -1e-4));
    const auto single = call.in(torch::kFloat32, torch::kFloat32);
    const auto exact = single.in(torch::kFloat64, torch::kFloat64);
    expect_close(results(single), results(with(exact, Form::recurrent)), 1e-5);
  }
}

/// Orthonormal keys, each written twice: the delta rule returns what was written last, the plain sum both.
TEST(LinearAttention, TheDeltaRuleOverwritesAndTheSumAdds) {
  constexpr int64_t d = 16;
  torch::manual_seed(6);
  for (const auto type : {torch::kFloat64, torch::kFloat32}) {
    const auto keys = std::get<0>(at::linalg_qr(torch::randn({d, d}, torch::kFloat64))).to(type);
    const auto k = torch::cat({keys, keys, keys}).view({1, 1, 3 * d, d});
    const auto v = torch::randn({1, 1, 3 * d, 5}, type);
    const auto written_first = v.slice(2, 0, d), written_last = v.slice(2, d, 2 * d);
    LinearAttentionOptions options{
        .similarity = Similarity::unit, .rule = StateRule::delta, .normalise = false, .chunk = 7};
    options.beta =
        torch::cat({torch::ones({1, 1, 2 * d}, type), torch::zeros({1, 1, d}, type)}, 2);  // then it only reads
    const auto delta = linear_attention(k, k, v, options).o.slice(2, 2 * d);
    EXPECT_LT((delta - written_last).abs().max().item<double>(), type == torch::kFloat64 ? 1e-12 : 1e-5);
    auto silent = v.clone();
    silent.slice(2, 2 * d).zero_();
    const auto sum =
        linear_attention(k, k, silent, {.similarity = Similarity::dot, .normalise = false}).o.slice(2, 2 * d);
    EXPECT_LT((sum - written_first - written_last).abs().max().item<double>(), type == torch::kFloat64 ? 1e-12 : 1e-5);
  }
}

double performer_error(int64_t m, uint64_t seed) {
  torch::manual_seed(8);
  const auto o = torch::dtype(torch::kFloat64);
  const auto q = torch::randn({1, 1, 40, 8}, o) * 0.5, k = torch::randn({1, 1, 40, 8}, o) * 0.5,
             v = torch::randn({1, 1, 40, 4}, o);
  LinearAttentionOptions options{.similarity = Similarity::performer, .direction = Direction::bidirectional};
  options.projection = performer_projection(m, 8, RandomStream(seed, "performer"));
  return (linear_attention(q, k, v, options).o - torch::scaled_dot_product_attention(q, k, v))
      .square()
      .mean()
      .item<double>();
}

/// Efficient Attention by its definition over the keys so far: by feature a softmax over positions.
TEST(LinearAttention, EfficientSeesASoftmaxOverTheKeysSoFar) {
  const auto call = make_call({"", Similarity::efficient}, {.Tq = 9, .Tk = 9}, /*with_state=*/false);
  const auto got = call.run().o;
  for (int64_t t = 0; t < 9; ++t) {
    const auto k = torch::softmax(call.k.narrow(2, 0, t + 1), 2), v = call.v.narrow(2, 0, t + 1);
    const auto expected = torch::matmul(torch::matmul(torch::softmax(call.q.narrow(2, t, 1), 3), k.transpose(2, 3)), v);
    EXPECT_LT(relative(got.narrow(2, t, 1), expected), 1e-13);
  }
}

TEST(LinearAttention, PerformersErrorFallsAsTheRootOfItsFeatures) {
  const auto error = [](int64_t m) {
    double sum = 0;
    for (uint64_t seed = 0; seed < 20; ++seed) sum += performer_error(m, seed);
    return std::sqrt(sum / 20);
  };
  const double slope = std::log(error(4096) / error(256)) / std::log(4096.0 / 256.0);
  EXPECT_NEAR(slope, -0.5, 0.1);
}

TEST(LinearAttention, PerformersDirectionsAreOrthogonalAndRedrawn) {
  const RandomStream stream(3, "performer");
  const auto w = performer_projection(10, 4, stream.at(0));
  for (const int64_t from : {0, 4}) {
    const auto block = w.slice(0, from, from + 4);
    const auto products = torch::matmul(block, block.t());
    EXPECT_LT((products - products.diagonal().diag()).abs().max().item<double>(), 1e-12);
  }
  EXPECT_TRUE(torch::equal(w, performer_projection(10, 4, stream.at(0))));
  EXPECT_FALSE(torch::equal(w, performer_projection(10, 4, stream.at(1))));
}

/// A state a chunk, not one a token: less than ten times the inputs, where all states would be 32 times them.
TEST(LinearAttention, MemoryGrowsAsTheLengthWithoutAStateForEachToken) {
  const auto growth = [](int64_t T) {
    auto call = make_call({.name = ""}, {.B = 1, .H = 2, .Tq = T, .Tk = T, .dk = 32, .dv = 32}, false)
                    .in(torch::kFloat32, torch::kFloat32);
    return static_cast<double>(peak_growth([&] { results(call); })) / static_cast<double>(T * 2 * 32 * 4);
  };
  // In numbers a token and feature, gradients too: a state for each token would be 32 more. What earlier tests have
  // freed may serve again, so that a figure can be too small, never too large.
  for (const int64_t T : {8192, 32768}) EXPECT_LT(growth(T), 32) << T;
}

TEST(LinearAttention, MaskedKeysAreAbsentFromCausalSumsToo) {
  auto call = make_call({.name = ""}, {.B = 2, .Tq = 8, .Tk = 8}, false);
  call.options.key_mask = torch::arange(8).ge(3).expand({2, 8});  // padded on the left
  auto shorter = call;
  shorter.options.key_mask = torch::Tensor();
  for (auto* t : {&shorter.q, &shorter.k, &shorter.v}) *t = t->slice(2, 3);
  EXPECT_LT(relative(call.run().o.slice(2, 3), shorter.run().o), 1e-12);
}

/// Stepping on from a state whose history still waits for its backward pass leaves that history whole.
TEST(LinearAttention, StepsLeaveARecordedStateAlone) {
  auto call = make_call({.name = ""}, {.Tq = 3, .Tk = 3});
  call.q.requires_grad_();
  call.k.requires_grad_();
  const auto out = call.run();
  const auto before = out.state.S.detach().clone();
  auto state = out.state;
  linear_attention_step(call.q.select(2, 0), call.k.select(2, 0), call.v.select(2, 0), call.options, state);
  EXPECT_TRUE(torch::equal(out.state.S, before));
  EXPECT_FALSE(torch::equal(state.S, before));
  EXPECT_FALSE(state.S.requires_grad());
}

/// What is thrown, as text.
std::string refusal(const Call& call) {
  try {
    call.run();
  } catch (const UsageError& e) {
    return e.what();
  }
  return "nothing";
}

Call good(Kind kind = {.name = ""}) {
  return make_call(kind, {.B = 2, .H = 3, .Tq = 4, .Tk = 4});
}

TEST(LinearAttention, RefusesShapesAndNamesThemAll) {
  Call c = good();
  c.k = c.k.slice(3, 0, 4);
  EXPECT_EQ(
      refusal(c),
      "[linear_attention] got q [2, 3, 4, 5], k [2, 3, 4, 4], v [2, 3, 4, 3], expected q [B, H, Tq, dk], k [B, H, "
      "Tk, dk], v [B, H, Tk, dv]");
  c = good();
  c.q = c.q.slice(2, 0, 3);
  EXPECT_NE(refusal(c).find("as many queries as keys"), std::string::npos);
  c = good();
  c.v = c.v.to(torch::kFloat32);
  EXPECT_NE(refusal(c).find("v: got float on cpu, expected double on cpu as q"), std::string::npos);
  c = good();
  c.options.chunk = 0;
  EXPECT_EQ(refusal(c), "[linear_attention] chunk: got 0, expected at least 1");
}

TEST(LinearAttention, RefusesDecayOutsideItsRange) {
  Call c = good({"", Similarity::dot, false, Direction::causal, Fade::fixed});
  c.options.log_decay[1] = 0.7;
  EXPECT_NE(refusal(c).find("within (0, 1]"), std::string::npos);
  c.options.log_decay[1] = -std::numeric_limits<double>::infinity();
  EXPECT_NE(refusal(c).find("within (0, 1]"), std::string::npos);
  c.options.log_decay[1] = std::nan("");
  EXPECT_NE(refusal(c).find("within (0, 1]"), std::string::npos);
  c.options.log_decay = torch::zeros({2}, torch::kFloat64);
  EXPECT_EQ(refusal(c), "[linear_attention] log_decay: got [2], expected [3]");
}

TEST(LinearAttention, RefusesWhatTheDeltaRuleDivergesWith) {
  Call c = good({"", Similarity::unit, false, Direction::causal, Fade::none, true});
  c.options.similarity = c.state.similarity = Similarity::dot;
  c.k = c.k * 10;
  EXPECT_NE(refusal(c).find("beta |k|^2"), std::string::npos);
  c = good({"", Similarity::unit, false, Direction::causal, Fade::none, true});
  c.options.beta = c.options.beta - 1;
  EXPECT_NE(refusal(c).find("expected 0 .. 2"), std::string::npos);
}

TEST(LinearAttention, RefusesAStateOfAnotherKind) {
  Call c = good();
  c.state = good({.name = "", .similarity = Similarity::relu}).run().state;
  EXPECT_EQ(refusal(c), "[linear_attention] state: got relu with sum, normalised, expected elu with sum, normalised");
  c = good();
  c.state.S = c.state.S.slice(3, 1);
  EXPECT_NE(refusal(c).find("state: got double [2, 3, 5, 3] on cpu"), std::string::npos);
  c = good();
  c.state.seen = {1};
  EXPECT_NE(refusal(c).find("seen"), std::string::npos);
}

TEST(LinearAttention, RefusesFormsThatDoNotExist) {
  EXPECT_NE(refusal(good({"", Similarity::dot, true})).find("normalise"), std::string::npos);
  EXPECT_NE(refusal(good({"", Similarity::efficient, true, Direction::causal, Fade::gates})).find("efficient"),
            std::string::npos);
  Call c = good({"", Similarity::dot, false, Direction::causal, Fade::fixed});
  c.options.direction = Direction::bidirectional;
  EXPECT_NE(refusal(c).find("causal"), std::string::npos);
  EXPECT_NE(refusal(good({"", Similarity::taylor, true, Direction::causal, Fade::gates})).find("normalise"),
            std::string::npos);
  c = good({.name = "", .similarity = Similarity::performer});
  c.options.projection = torch::Tensor();
  EXPECT_NE(refusal(c).find("projection"), std::string::npos);
  c = good({.name = "", .similarity = Similarity::cosformer});
  c.options.longest = 3;
  EXPECT_NE(refusal(c).find("longest: got 3, expected at least 4"), std::string::npos);
  c = good();
  c.options.offsets = {0, 4};
  EXPECT_NE(refusal(c).find("offsets"), std::string::npos);
  c = good();
  c.options.key_mask = torch::ones({2, 5}, torch::kBool);
  EXPECT_NE(refusal(c).find("key_mask"), std::string::npos);
}

}  // namespace
}  // namespace cairn::ops
