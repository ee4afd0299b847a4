#include "cairn/models/autoregressive/sampling.h"

#include <ATen/Parallel.h>

#include <algorithm>

#include "cairn/base/error.h"
#include "cairn/ops/row_kernels.h"

namespace cairn::autoregressive {

namespace {

/// The level at which the running sum of probabilities passes u: logits [K - 1], level 0 the reference.
int64_t draw(const float* logits, int64_t rows, double u) {
  std::vector<double> p(rows + 1);
  ops::probabilities(logits, rows, p.data());
  double cumulative = 0;
  for (int64_t k = 0; k < rows; ++k) {
    cumulative += p[k];
    if (u < cumulative) return k;
  }
  return rows;
}

struct Walk {
  torch::Tensor x;             ///< [N, D] uint8: what was known, and what was drawn
  torch::Tensor log_evidence;  ///< [N] float64: log p(x_known), if the known ones come first
};

/// Follows `path` with the given examples: known variables are set, the others drawn.
Walk walk(DensityModel& model, const Path& path, const Known& known, const std::vector<RandomStream>& randoms,
          bool stop_after_known) {
  const int64_t N = known.values.size(0), D = known.values.size(1);
  Walk result{known.values.clone(), torch::zeros({N}, torch::kFloat64)};
  const auto stepper = model.stepper(path, N);
  std::vector<RandomStream> own = randoms;
  std::vector<int64_t> values(N);
  std::vector<float> logits;
  for (const int64_t d : path.order) {
    const bool given = known.mask[d].item<bool>();
    if (!given && stop_after_known) break;
    const int64_t rows = model.variables().levels[d] - 1;
    logits.resize(N * rows);
    stepper->logits(logits.data());
    uint8_t* column = result.x.data_ptr<uint8_t>() + d;
    at::parallel_for(0, N, 64, [&](int64_t begin, int64_t end) {
      for (int64_t n = begin; n < end; ++n) {
        const float* own_logits = logits.data() + n * rows;
        if (given) {
          result.log_evidence.data_ptr<double>()[n] += ops::log_probability(own_logits, rows, column[n * D]);
        } else {
          column[n * D] = static_cast<uint8_t>(draw(own_logits, rows, own[n].uniform()));
        }
        values[n] = column[n * D];
      }
    });
    stepper->observe(values.data());
  }
  return result;
}

/// Whether `order` visits every known variable before any unknown one.
bool known_first(const Order& order, const torch::Tensor& mask) {
  const auto is_known = [&](int64_t d) { return mask[d].item<bool>(); };
  return std::is_partitioned(order.begin(), order.end(), is_known);
}

/// The paths that give exact draws: the members' own where they allow it, else one made for the purpose.
std::vector<Path> usable_paths(DensityModel& model, const torch::Tensor& mask) {
  const bool any_known = mask.any().item<bool>();
  std::vector<Path> paths;
  for (int64_t member = 0; member < model.members(); ++member) {
    Path path = model.path(member);
    if (model.orderless()) {
      std::stable_partition(path.order.begin(), path.order.end(), [&](int64_t d) { return mask[d].item<bool>(); });
    }
    if (known_first(path.order, mask)) paths.push_back(std::move(path));
    if (model.orderless() && any_known) break;  // one order that starts with the known ones is as exact as many
  }
  if (paths.empty()) {
    throw UsageError("complete",
                     "got a mask whose known variables do not come first in the model's order, expected one "
                     "that does, or an orderless model (deep_nade): only these give exact conditional draws");
  }
  return paths;
}

/// Which of the paths each example follows, in proportion to p_m(x_known).
std::vector<size_t> choose_paths(DensityModel& model, const std::vector<Path>& paths, const Known& known,
                                 std::vector<RandomStream>& randoms) {
  const auto N = static_cast<size_t>(known.values.size(0));
  std::vector<size_t> chosen(N, 0);
  if (paths.size() == 1) return chosen;
  std::vector<torch::Tensor> evidence;
  for (const auto& path : paths) evidence.push_back(walk(model, path, known, randoms, true).log_evidence);
  const auto weights = torch::stack(evidence, 1).softmax(1).cumsum(1);  // [N, paths]
  for (size_t n = 0; n < N; ++n) {
    const double* row = weights.data_ptr<double>() + n * paths.size();
    const double u = randoms[n].uniform() * row[paths.size() - 1];
    chosen[n] = std::upper_bound(row, row + paths.size() - 1, u) - row;
  }
  return chosen;
}

}  // namespace

Known nothing_known(const DensityModel& model, int64_t N) {
  const int64_t D = model.variables().D();
  return {torch::zeros({N, D}, torch::kUInt8), torch::zeros({D}, torch::kBool)};
}

torch::Tensor complete(DensityModel& model, const Known& known, const RandomStream& random) {
  const torch::NoGradGuard no_grad;
  const int64_t N = known.values.size(0);
  const auto paths = usable_paths(model, known.mask);
  std::vector<RandomStream> randoms;
  for (int64_t n = 0; n < N; ++n) randoms.push_back(random.at(n));
  const auto chosen = choose_paths(model, paths, known, randoms);

  auto x = known.values.clone();
  for (size_t m = 0; m < paths.size(); ++m) {
    std::vector<int64_t> mine;
    for (int64_t n = 0; n < N; ++n) {
      if (chosen[n] == m) mine.push_back(n);
    }
    if (mine.empty()) continue;
    const auto index = torch::tensor(mine, torch::kInt64);
    std::vector<RandomStream> own;
    for (const int64_t n : mine) own.push_back(randoms[n]);
    const auto drawn = walk(model, paths[m], {known.values.index_select(0, index), known.mask}, own, false).x;
    x.index_copy_(0, index, drawn);
  }
  return x;
}

torch::Tensor sample(DensityModel& model, int64_t N, const RandomStream& random) {
  return complete(model, nothing_known(model, N), random);
}

}  // namespace cairn::autoregressive
