// The three forms of linear attention against each other for every kind: outputs, states and all gradients, in double,
// float and bfloat16; packed, cut and stepped through.
#include "cairn/ops/linear_attention.h"

#include <ATen/Parallel.h>

#include "cairn/ops/linear_attention_reference.h"
#include "tests/ops/linear_attention_cases.h"

namespace cairn::ops {
namespace {

class CausalKinds : public testing::TestWithParam<Kind> {};
class BidirectionalKinds : public testing::TestWithParam<Kind> {};

TEST_P(CausalKinds, ThreeFormsAgree) {
  for (const int64_t T : {0, 1, 2, 7, 33}) {
    const auto call = make_call(GetParam(), {.Tq = T, .Tk = T});
    const auto expected = results(with(call, Form::quadratic));
    expect_close(results(with(call, Form::recurrent)), expected, 1e-10);
    for (const int64_t chunk : {1, 3, 8, 64}) {
      SCOPED_TRACE(testing::Message() << "T " << T << ", chunk " << chunk);
      expect_close(results(with(call, Form::chunked, chunk)), expected, 1e-10);
    }
  }
}

TEST_P(CausalKinds, ThreeFormsAgreeForWholeVectorsAndTheirRemainders) {
  const auto call = make_call(GetParam(), {.B = 1, .H = 2, .Tq = 70, .Tk = 70, .dk = 21, .dv = 34});
  const auto expected = results(with(call, Form::quadratic));
  for (const int64_t chunk : {16, 32, 64, 200})
    expect_close(results(with(call, Form::chunked, chunk)), expected, 1e-10);
}

TEST_P(CausalKinds, WithoutStateIsFromZero) {
  const auto call = make_call(GetParam(), {.Tq = 9, .Tk = 9}, /*with_state=*/false);
  expect_close(results(with(call, Form::chunked, 4)), results(with(call, Form::quadratic)), 1e-10);
}

TEST_P(CausalKinds, FloatAndBfloat16AreClose) {
  const auto call = make_call(GetParam(), {.B = 1, .H = 2, .Tq = 150, .Tk = 150, .dk = 16, .dv = 16});
  const auto single = call.in(torch::kFloat32, torch::kFloat32);
  const auto exact = results(with(single.in(torch::kFloat64, torch::kFloat64), Form::quadratic));
  expect_close(results(single), exact, 1e-5);
  const auto brief = call.in(torch::kBFloat16, torch::kFloat32);
  const auto got = results(brief);
  EXPECT_EQ(got[0].scalar_type(), torch::kBFloat16);
  EXPECT_EQ(got[1].scalar_type(), torch::kFloat32);
  expect_close(got, results(with(brief.in(torch::kFloat64, torch::kFloat64), Form::quadratic)), 5e-3);
}

/// Cut anywhere and carried on.
TEST_P(CausalKinds, SplitAndCarriedIsOneCall) {
  const int64_t T = 23;
  const auto call = make_call(GetParam(), {.Tq = T, .Tk = T});
  const auto whole = call.run();
  for (const int64_t cut : {0, 1, 11, 23}) {
    const auto part = [&](int64_t begin, int64_t end, const LinearAttentionState& state) {
      Call c = with(call, Form::chunked, 4);
      for (auto* t : {&c.q, &c.k, &c.v, &c.options.log_decay, &c.options.beta}) {
        if (t->defined() && t->dim() > 1) *t = t->slice(2, begin, end);
      }
      c.state = state;
      return c.run();
    };
    const auto first = part(0, cut, call.state), second = part(cut, T, first.state);
    EXPECT_LT(relative(torch::cat({first.o, second.o}, 2), whole.o), 1e-10);
    EXPECT_LT(relative(second.state.S, whole.state.S), 1e-10);
    EXPECT_EQ(second.state.seen, whole.state.seen);
  }
}

TEST_P(CausalKinds, StepByStepIsOneCall) {
  const int64_t T = 12;
  const auto call = make_call(GetParam(), {.Tq = T, .Tk = T, .dk = 17, .dv = 18});
  const auto whole = call.run();
  auto state = call.state;
  state.S = state.S.clone();
  for (int64_t t = 0; t < T; ++t) {
    const auto at = [&](const torch::Tensor& x) { return x.defined() && x.dim() > 1 ? x.select(2, t) : x; };
    auto options = call.options;
    options.log_decay = at(options.log_decay);
    options.beta = at(options.beta);
    const auto o = linear_attention_step(at(call.q), at(call.k), at(call.v), options, state);
    EXPECT_LT(relative(o, whole.o.select(2, t)), 1e-10) << t;
  }
  EXPECT_LT(relative(state.S, whole.state.S), 1e-10);
  EXPECT_EQ(state.seen, whole.state.seen);
}

TEST_P(CausalKinds, RecurrentWithoutGradientIsTheSame) {
  const auto call = make_call(GetParam(), {.Tq = 12, .Tk = 12});
  const auto expected = call.run(), got = with(call, Form::recurrent).run();
  EXPECT_LT(relative(got.o, expected.o), 1e-10);
  EXPECT_LT(relative(got.state.S, expected.state.S), 1e-10);
}

TEST_P(CausalKinds, AChangedTokenLeavesEarlierOutputsTheSameBits) {
  const auto call =
      make_call(GetParam(), {.Tq = 90, .Tk = 90, .dk = 16, .dv = 17}).in(torch::kFloat32, torch::kFloat32);
  const auto before = with(call, Form::chunked, 32).run().o;
  for (const int64_t t : {1, 40, 89}) {
    Call changed = with(call, Form::chunked, 32);
    for (auto* x : {&changed.q, &changed.k, &changed.v, &changed.options.log_decay, &changed.options.beta}) {
      if (!x->defined() || x->dim() == 1) continue;
      *x = x->clone();
      x->slice(2, t, t + 1).mul_(0.3);
    }
    const auto after = changed.run().o;
    EXPECT_TRUE(torch::equal(after.slice(2, 0, t), before.slice(2, 0, t))) << t;
    EXPECT_FALSE(torch::equal(after.slice(2, t), before.slice(2, t))) << t;
  }
}

TEST_P(CausalKinds, TheSameBitsForAnyThreads) {
  const auto call = make_call(GetParam(), {.Tq = 90, .Tk = 90}).in(torch::kFloat32, torch::kFloat32);
  const int threads = at::get_num_threads();
  std::vector<std::vector<torch::Tensor>> all;
  for (const int n : {1, 3}) {
    at::set_num_threads(n);
    all.push_back({with(call, Form::chunked, 16).run().o, with(call, Form::chunked, 16).run().state.S});
  }
  at::set_num_threads(threads);
  for (size_t i = 0; i < 2; ++i) EXPECT_TRUE(torch::equal(all[0][i], all[1][i]));
}

/// Three sequences, one empty and one of a token among them, against each by itself: outputs, states, gradients.
TEST_P(CausalKinds, PackedIsSeparate) {
  const std::vector<int64_t> offsets{0, 9, 9, 10, 31};
  const int64_t T = offsets.back(), S = static_cast<int64_t>(offsets.size()) - 1;
  auto packed = make_call(GetParam(), {.B = 1, .Tq = T, .Tk = T});
  packed.state.S = packed.state.S.repeat({S, 1, 1, 1}) * torch::linspace(0.5, 1, S, torch::kFloat64).view({S, 1, 1, 1});
  packed.state.seen = {0, 3, 1, 2};
  packed.options.offsets = offsets;
  auto together = packed;
  for (auto* t : together.leaves()) t->requires_grad_();
  const auto all = with(together, Form::chunked, 4).run();
  const auto all_quadratic = with(together, Form::quadratic).run();
  EXPECT_LT(relative(all_quadratic.o, all.o), 1e-10);
  for (int64_t s = 0; s < S; ++s) {
    Call alone = packed;
    alone.options.offsets.clear();
    for (auto* t : {&alone.q, &alone.k, &alone.v, &alone.options.log_decay, &alone.options.beta}) {
      if (t->defined() && t->dim() > 1) *t = t->slice(2, offsets[s], offsets[s + 1]);
    }
    alone.state.S = alone.state.S.narrow(0, s, 1);
    alone.state.seen = {packed.state.seen[s]};
    for (auto* t : alone.leaves()) *t = t->detach().clone().requires_grad_();
    const auto own = with(alone, Form::chunked, 4).run();
    EXPECT_LT(relative(own.o, all.o.slice(2, offsets[s], offsets[s + 1])), 1e-14);
    EXPECT_LT(relative(own.state.S, all.state.S.narrow(0, s, 1)), 1e-14);
    EXPECT_EQ(own.state.seen[0], all.state.seen[s]);
    const auto d_alone = torch::autograd::grad({own.o.square().sum() + own.state.S.sum()},
                                               {alone.q, alone.k, alone.v, alone.state.S}, {}, {}, false, true);
    const auto d_all = torch::autograd::grad(
        {all.o.slice(2, offsets[s], offsets[s + 1]).square().sum() + all.state.S.narrow(0, s, 1).sum()},
        {together.q, together.k, together.v, together.state.S}, {}, {}, /*create_graph=*/true, true);
    for (size_t i = 0; i < 3; ++i) {
      if (!d_alone[i].defined()) continue;
      EXPECT_LT(relative(d_all[i].slice(2, offsets[s], offsets[s + 1]), d_alone[i]), 1e-10) << i;
    }
    EXPECT_LT(relative(d_all[3].narrow(0, s, 1), d_alone[3]), 1e-10);
  }
}

TEST_P(CausalKinds, GradientsAgreeWithFiniteDifferences) {
  auto call = make_call(GetParam(), {.B = 1, .H = 1, .Tq = 5, .Tk = 5, .dk = 3, .dv = 2});
  call = with(call, Form::chunked, 2);
  const auto analytic = results(call);
  const auto objective = [&] {
    const auto r = call.run();
    return weighted_sum({r.o, r.state.S}).item<double>();
  };
  size_t which = 2;
  for (auto* t : call.leaves()) {
    *t = t->contiguous();
    for (int64_t i = 0; i < t->numel(); ++i) {
      double& value = t->data_ptr<double>()[i];
      const double kept = value, step = 1e-6;
      value = kept + step;
      const double above = objective();
      value = kept - step;
      const double below = objective();
      value = kept;
      const double got = analytic[which].contiguous().data_ptr<double>()[i];
      EXPECT_NEAR((above - below) / (2 * step), got, 1e-6 * std::max(1.0, std::abs(got))) << which << " " << i;
    }
    ++which;
  }
}

TEST_P(BidirectionalKinds, ThreeFormsAgreeAndCross) {
  for (const int64_t Tq : {0, 1, 6}) {
    for (const int64_t Tk : {0, 1, 9}) {
      const auto call = make_call(GetParam(), {.Tq = Tq, .Tk = Tk});
      const auto expected = results(with(call, Form::quadratic));
      expect_close(results(with(call, Form::recurrent)), expected, 1e-10);
      expect_close(results(with(call, Form::chunked)), expected, 1e-10);
    }
  }
}

TEST_P(BidirectionalKinds, FloatAndBfloat16AreClose) {
  const auto call = make_call(GetParam(), {.Tq = 40, .Tk = 50, .dk = 16, .dv = 16});
  const auto single = call.in(torch::kFloat32, torch::kFloat32);
  expect_close(results(single), results(with(single.in(torch::kFloat64, torch::kFloat64), Form::quadratic)), 1e-5);
  const auto brief = call.in(torch::kBFloat16, torch::kFloat32);
  expect_close(results(brief), results(with(brief.in(torch::kFloat64, torch::kFloat64), Form::quadratic)), 5e-3);
}

TEST_P(BidirectionalKinds, PackedIsSeparate) {
  const std::vector<int64_t> queries{0, 4, 4, 5, 9}, keys{0, 0, 6, 7, 12};
  auto packed = make_call(GetParam(), {.B = 1, .Tq = 9, .Tk = 12}, /*with_state=*/false);
  packed.options.offsets = queries;
  packed.options.key_offsets = keys;
  const auto all = packed.run();
  for (int64_t s = 0; s < 4; ++s) {
    Call alone = packed;
    alone.options.offsets.clear();
    alone.options.key_offsets.clear();
    alone.q = packed.q.slice(2, queries[s], queries[s + 1]);
    alone.k = packed.k.slice(2, keys[s], keys[s + 1]);
    alone.v = packed.v.slice(2, keys[s], keys[s + 1]);
    const auto own = alone.run();
    EXPECT_LT(relative(own.o, all.o.slice(2, queries[s], queries[s + 1])), 1e-10);
    EXPECT_LT(relative(own.state.S, all.state.S.narrow(0, s, 1)), 1e-10);
  }
}

TEST_P(BidirectionalKinds, TheOrderOfKeysDoesNotMatterAndMaskedOnesAreAbsent) {
  if (GetParam().similarity == Similarity::cosformer) GTEST_SKIP() << "weights by position";
  auto call = make_call(GetParam(), {.B = 1, .Tq = 5, .Tk = 8});
  const auto order = torch::tensor({3, 1, 7, 0, 2, 6, 5, 4});
  auto other = call;
  other.k = call.k.index_select(2, order);
  other.v = call.v.index_select(2, order);
  EXPECT_LT(relative(other.run().o, call.run().o), 1e-10);
  auto masked = call, shorter = call;
  masked.options.key_mask = torch::arange(8).lt(6).unsqueeze(0);
  masked.v = call.v.clone();
  masked.v.slice(2, 6).fill_(std::nan(""));
  shorter.k = call.k.slice(2, 0, 6);
  shorter.v = call.v.slice(2, 0, 6);
  EXPECT_LT(relative(masked.run().o, shorter.run().o), 1e-10);
}

TEST(LinearAttention, BidirectionalIsTheLastCausalRow) {
  for (const auto similarity : {Similarity::elu, Similarity::taylor, Similarity::relu}) {
    auto call = make_call({.name = "", .similarity = similarity}, {.Tq = 8, .Tk = 8});
    const auto causal = call.run();
    call.options.direction = Direction::bidirectional;
    const auto all = call.run();
    EXPECT_LT(relative(all.o.select(2, 7), causal.o.select(2, 7)), 1e-12);
    EXPECT_LT(relative(all.state.S, causal.state.S), 1e-12);
  }
}

/// What runs on other devices than the processor.
TEST(LinearAttention, PiecesByLibTorchsOperatorsEqualTheKernel) {
  torch::manual_seed(9);
  const std::vector<Segment> segments{{7, 5}, {12, 5}, {0, 7}, {17, 0}};  // in any order, one empty
  const auto o = torch::dtype(torch::kFloat64);
  CausalInput in{.q = torch::rand({17, 4}, o), .k = torch::rand({17, 4}, o), .v = torch::randn({17, 3}, o)};
  in.first = torch::rand({4, 4, 4}, o);
  in.normalise = true;
  for (const auto& log_decay : {torch::Tensor(), torch::rand({17}, o).log(), torch::rand({17, 4}, o).log()}) {
    in.log_decay = log_decay;
    const auto expected = causal_chunked(in, segments, 64);
    for (const int64_t chunk : {1, 2, 64}) {
      const auto got = causal_pieces(in, segments, chunk);
      EXPECT_LT(relative(got.o, expected.o), 1e-12);
      EXPECT_LT(relative(got.last, expected.last), 1e-12);
    }
  }
}

const auto name_of_kind = [](const testing::TestParamInfo<Kind>& test) { return test.param.name; };
INSTANTIATE_TEST_SUITE_P(LinearAttention, CausalKinds, testing::ValuesIn(causal_kinds()), name_of_kind);
INSTANTIATE_TEST_SUITE_P(LinearAttention, BidirectionalKinds, testing::ValuesIn(bidirectional_kinds()), name_of_kind);

}  // namespace
}  // namespace cairn::ops
