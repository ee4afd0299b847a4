#include "cairn/ops/linear_attention_checks.h"

#include <algorithm>
#include <cmath>

#include "cairn/base/error.h"

namespace cairn::ops {

namespace {

[[noreturn]] void refuse(const std::string& what) {
  throw UsageError("linear_attention", what);
}

bool signed_similarity(Similarity s) {
  return s == Similarity::dot || s == Similarity::unit;
}

class Checks {
 public:
  Checks(const torch::Tensor& q, const torch::Tensor& k, const torch::Tensor& v, const LinearAttentionOptions& o)
      : q_(q), k_(k), v_(v), o_(o) {}

  void inputs() const {
    const bool shapes = q_.dim() == 4 && k_.dim() == 4 && v_.dim() == 4 && q_.size(0) == k_.size(0) &&
                        q_.size(0) == v_.size(0) && q_.size(1) == k_.size(1) && q_.size(1) == v_.size(1) &&
                        k_.size(2) == v_.size(2) && q_.size(3) == k_.size(3) && q_.size(3) > 0;
    if (!shapes) {
      refuse(got_expected(cat("q ", q_.sizes(), ", k ", k_.sizes(), ", v ", v_.sizes()),
                          "q [B, H, Tq, dk], k [B, H, Tk, dk], v [B, H, Tk, dv]"));
    }
    if (o_.direction == Direction::causal && q_.size(2) != k_.size(2)) {
      refuse(cat("causal: ", got_expected(cat("q ", q_.sizes(), ", k ", k_.sizes()), "as many queries as keys")));
    }
    for (const auto* t : {&k_, &v_}) {
      if (t->scalar_type() == q_.scalar_type() && t->device() == q_.device()) continue;
      refuse(cat(t == &k_ ? "k: " : "v: ",
                 got_expected(cat(t->dtype(), " on ", t->device()), cat(q_.dtype(), " on ", q_.device(), " as q"))));
    }
    if (!torch::isFloatingType(q_.scalar_type())) refuse(cat("q: ", got_expected(q_.dtype(), "a floating type")));
    if (o_.chunk < 1) refuse(cat("chunk: ", got_expected(o_.chunk, "at least 1")));
  }

  void kind() const {
    if (o_.normalise && (signed_similarity(o_.similarity) || o_.rule == StateRule::delta)) {
      refuse(cat("normalise: ", got_expected(cat("true with ", name_of(o_.similarity),
                                                 o_.rule == StateRule::delta ? " and the delta rule" : ""),
                                             "false: weights may be negative, so their sum is no scale")));
    }
    const bool gates = o_.log_decay.defined() && o_.log_decay.dim() == 4;
    if (o_.normalise && gates && o_.similarity == Similarity::taylor) {
      refuse(cat("normalise: ", got_expected("true with taylor and gates by feature",
                                             "false: 1 + q . k faded unevenly may be negative")));
    }
    if (o_.direction == Direction::bidirectional && o_.rule != StateRule::sum) {
      refuse(got_expected("decay or delta rule, bidirectional", "causal: their states follow an order"));
    }
    if (o_.rule != StateRule::sum && o_.similarity == Similarity::efficient) {
      refuse(got_expected("efficient with decay or the delta rule", "the sum: its weights fade by themselves"));
    }
    if (o_.similarity == Similarity::performer && !o_.normalise) {
      refuse(cat("normalise: ", got_expected("false with performer", "true: its features are made up to a factor")));
    }
  }

  void kind_of(const LinearAttentionState& s) const {
    if (!s.S.defined()) return;
    if (s.similarity == o_.similarity && s.rule == o_.rule && s.normalised == o_.normalise) return;
    const auto text = [](Similarity similarity, StateRule rule, bool normalised) {
      constexpr const char* kRules[] = {"sum", "decay", "delta"};
      return cat(name_of(similarity), " with ", kRules[static_cast<int>(rule)],
                 normalised ? ", normalised" : ", not normalised");
    };
    refuse(cat("state: ",
               got_expected(text(s.similarity, s.rule, s.normalised), text(o_.similarity, o_.rule, o_.normalise))));
  }

  void similarity() const {
    const bool performer = o_.similarity == Similarity::performer;
    if (performer != o_.projection.defined()) {
      refuse(cat("projection: ", got_expected(performer ? "nothing" : "one", "one with performer, and only there")));
    }
    if (performer && (o_.projection.dim() != 2 || o_.projection.size(1) != q_.size(3) || o_.projection.size(0) == 0)) {
      refuse(cat("projection: ", got_expected(o_.projection.sizes(), cat("[m, ", q_.size(3), "]"))));
    }
    if ((o_.similarity == Similarity::cosformer) != (o_.longest > 0)) {
      refuse(cat("longest: ", got_expected(o_.longest, "M > 0 with cosformer, 0 without")));
    }
  }

  void rule() const {
    decay();
    if ((o_.rule == StateRule::delta) != o_.beta.defined()) {
      refuse(cat("beta: ", got_expected(o_.beta.defined() ? "one" : "nothing", "one with the delta rule alone")));
    }
    if (!o_.beta.defined()) return;
    expect("beta", o_.beta, {q_.sizes().slice(0, 3).vec()});
    if (o_.beta.numel() == 0) return;
    const double low = o_.beta.min().item<double>(), high = o_.beta.max().item<double>();
    if (!(low >= 0 && high <= 2)) refuse(cat("beta: ", got_expected(cat(low, " .. ", high), "0 .. 2")));
  }

  void packing() const {
    if (o_.offsets.empty()) {
      if (!o_.key_offsets.empty()) refuse("key_offsets: got some without offsets, expected both");
    } else {
      if (q_.size(0) != 1)
        refuse(cat("offsets: ", got_expected(cat("B = ", q_.size(0)), "1 where sequences are packed")));
      if (o_.key_mask.defined()) refuse("key_mask: got one beside offsets, expected one of the two");
      offsets("offsets", o_.offsets, q_.size(2));
      if (o_.key_offsets.empty()) {
        offsets("offsets", o_.offsets, k_.size(2));
      } else {
        offsets("key_offsets", o_.key_offsets, k_.size(2));
        const bool same = o_.key_offsets == o_.offsets;
        if (o_.key_offsets.size() != o_.offsets.size() || (o_.direction == Direction::causal && !same)) {
          refuse("key_offsets: got other sequences than in offsets, expected as many (causal: the same)");
        }
      }
    }
    if (o_.key_mask.defined() && (o_.key_mask.sizes() != at::IntArrayRef({k_.size(0), k_.size(2)}) ||
                                  o_.key_mask.scalar_type() != torch::kBool)) {
      refuse(cat("key_mask: ", got_expected(cat(o_.key_mask.dtype(), " ", o_.key_mask.sizes()),
                                            cat("bool [", k_.size(0), ", ", k_.size(2), "]"))));
    }
  }

  void state(const LinearAttentionState& s) const {
    kind_of(s);
    if (!s.S.defined()) return;
    const int64_t sequences = o_.offsets.empty() ? q_.size(0) : static_cast<int64_t>(o_.offsets.size()) - 1;
    const std::vector<int64_t> shape{sequences, q_.size(1), features_of(o_.similarity, q_.size(3), o_.projection),
                                     columns_of_state(o_, v_.size(3))};
    const auto type = q_.scalar_type() == torch::kFloat64 ? torch::kFloat64 : torch::kFloat32;
    if (s.S.sizes() != at::IntArrayRef(shape) || s.S.scalar_type() != type || s.S.device() != q_.device()) {
      refuse(cat("state: ", got_expected(cat(s.S.dtype(), " ", s.S.sizes(), " on ", s.S.device()),
                                         cat(type, " ", at::IntArrayRef(shape), " on ", q_.device()))));
    }
    if (static_cast<int64_t>(s.seen.size()) != sequences) {
      refuse(cat("state: seen: ", got_expected(cat(s.seen.size(), " numbers"), sequences)));
    }
    if (!keeps_log_sums(o_) && o_.similarity == Similarity::efficient && k_.size(2) > 0) {
      refuse("state: got keys beside it with efficient, expected none: its weights are one softmax over all keys");
    }
  }

 private:
  void decay() const {
    if ((o_.rule == StateRule::decay) != o_.log_decay.defined()) {
      refuse(cat("log_decay: ", got_expected(o_.log_decay.defined() ? "one" : "nothing", "one with decay alone")));
    }
    if (!o_.log_decay.defined()) return;
    const int64_t B = q_.size(0), H = q_.size(1), T = q_.size(2),
                  D = features_of(o_.similarity, q_.size(3), o_.projection);
    if (o_.log_decay.dim() == 1) {
      expect("log_decay", o_.log_decay, {H});
    } else if (o_.log_decay.dim() == 3) {
      expect("log_decay", o_.log_decay, {B, H, T});
    } else {
      expect("log_decay", o_.log_decay, {B, H, T, D});
    }
    if (o_.log_decay.numel() == 0) return;
    const double low = o_.log_decay.min().item<double>(), high = o_.log_decay.max().item<double>();
    if (!(high <= 0) || !std::isfinite(low)) {
      refuse(cat("log_decay: ", got_expected(cat("decay ", std::exp(low), " .. ", std::exp(high)),
                                             "within (0, 1], logarithms finite and at most 0")));
    }
  }

  void expect(const char* name, const torch::Tensor& t, const std::vector<int64_t>& shape) const {
    if (t.sizes() != at::IntArrayRef(shape)) refuse(cat(name, ": ", got_expected(t.sizes(), at::IntArrayRef(shape))));
    if (t.device() != q_.device() || !torch::isFloatingType(t.scalar_type())) {
      refuse(
          cat(name, ": ", got_expected(cat(t.dtype(), " on ", t.device()), cat("a floating type on ", q_.device()))));
    }
  }

  static void offsets(const char* name, const std::vector<int64_t>& offsets, int64_t total) {
    const bool ordered = std::is_sorted(offsets.begin(), offsets.end());
    if (offsets.size() < 2 || offsets.front() != 0 || offsets.back() != total || !ordered) {
      refuse(cat(name, ": ", got_expected(at::IntArrayRef(offsets), cat("0, rising ends, ", total))));
    }
  }

  const torch::Tensor &q_, &k_, &v_;
  const LinearAttentionOptions& o_;
};

}  // namespace

void check_linear_attention(const torch::Tensor& q, const torch::Tensor& k, const torch::Tensor& v,
                            const LinearAttentionOptions& options, const LinearAttentionState& state) {
  const Checks checks(q, k, v, options);
  checks.inputs();
  checks.kind();
  checks.similarity();
  checks.rule();
  checks.packing();
  checks.state(state);
}

void check_delta_keys(const torch::Tensor& k, const torch::Tensor& beta) {
  constexpr double kMost = 2, kRounding = 1e-2;
  if (k.numel() == 0) return;
  const double strongest = (k.detach().square().sum(-1) * beta.detach()).max().item<double>();
  if (strongest > kMost + kRounding) {
    refuse(
        cat("delta rule: beta |k|^2: ", got_expected(strongest, "at most 2: keys of length 1, as `unit` makes them")));
  }
}

bool has_column(const LinearAttentionOptions& o) {
  return o.normalise && o.similarity != Similarity::efficient;
}

bool keeps_log_sums(const LinearAttentionOptions& o) {
  return o.similarity == Similarity::efficient && o.direction == Direction::causal;
}

int64_t columns_of_state(const LinearAttentionOptions& o, int64_t dv) {
  return dv + (has_column(o) || keeps_log_sums(o) ? 1 : 0);
}

}  // namespace cairn::ops
