#include "cairn/models/autoregressive/autoregressive_data.h"

#include <numeric>

#include "cairn/base/error.h"
#include "cairn/data/source.h"

namespace cairn::autoregressive {

using data::Split;

Encoding Encoding::of(const DataConfig& config, int64_t seed) {
  return {.levels = config.levels, .binarize = config.binarize, .threshold = config.threshold, .seed = seed};
}

namespace {

/// 1 with probability value / 255, drawn once for each value from its own position in the stream.
torch::Tensor sampled(const torch::Tensor& flat, int64_t seed) {
  const auto grey = flat.to(torch::kFloat64).contiguous();
  const auto bits = torch::empty(grey.sizes(), torch::kUInt8);
  const RandomStream random(seed, "binarize");
  const int64_t D = grey.size(1);
  for (int64_t n = 0; n < grey.size(0); ++n) {
    RandomStream own = random.at(n);
    for (int64_t d = 0; d < D; ++d)
      bits.data_ptr<uint8_t>()[n * D + d] = own.uniform() * 255 < grey.data_ptr<double>()[n * D + d];
  }
  return bits;
}

void check_levels(const torch::Tensor& flat, int64_t levels, const std::string& source) {
  const auto values = flat.to(torch::kFloat64);
  const auto bad = (values.lt(0) | values.gt(levels - 1) | values.ne(values.floor())).nonzero();
  if (bad.size(0) == 0) return;
  const int64_t row = bad[0][0].item<int64_t>(), column = bad[0][1].item<int64_t>();
  throw InputError(source,
                   cat("row ", row, ", variable ", column, ": ",
                       got_expected(values[row][column].item<double>(), cat("an integer in 0 .. ", levels - 1))));
}

}  // namespace

torch::Tensor encode(const torch::Tensor& raw, const Encoding& encoding, const std::string& source) {
  if (raw.dim() < 2 || raw.is_complex()) {
    throw InputError(source, got_expected(cat("shape ", raw.sizes()), "[N, ...]: a row of numbers for each example"));
  }
  const auto flat = raw.reshape({raw.size(0), raw.numel() / std::max<int64_t>(raw.size(0), 1)});
  if (raw.size(0) == 0) {
    const auto sizes = raw.sizes();
    const int64_t D = std::accumulate(sizes.begin() + 1, sizes.end(), int64_t{1}, std::multiplies<int64_t>());
    return torch::empty({0, D}, torch::kUInt8);
  }
  if (encoding.binarize == "threshold") return flat.ge(encoding.threshold).to(torch::kUInt8);
  if (encoding.binarize == "sampled") return sampled(flat, encoding.seed);
  if (encoding.binarize == "quantize") {
    check_levels(flat, 256, source);
    return (flat.to(torch::kInt64) * encoding.levels).floor_divide(256).to(torch::kUInt8);
  }
  check_levels(flat, encoding.levels, source);
  return flat.to(torch::kUInt8).contiguous();
}

torch::Tensor with_label(const torch::Tensor& x, const torch::Tensor& labels, const std::string& source) {
  const auto column = labels.reshape({-1}).to(torch::kInt64);
  if (column.size(0) != x.size(0)) {
    throw InputError(source, got_expected(cat(column.size(0), " labels"), cat(x.size(0), ", one for each example")));
  }
  const auto bad = (column.lt(0) | column.ge(kClasses)).nonzero();
  if (bad.size(0) > 0) {
    const int64_t row = bad[0][0].item<int64_t>();
    throw InputError(source, cat("row ", row, ": ",
                                 got_expected(cat("label ", column[row].item<int64_t>()), cat("0 .. ", kClasses - 1))));
  }
  return torch::cat({x, column.to(torch::kUInt8).unsqueeze(1)}, 1);
}

namespace {

DataSet load_split(const std::string& spec, Split split, const DataConfig& config, const Encoding& encoding,
                   LabelPlace label) {
  const auto unreadable = config.skip_unreadable ? data::Unreadable::skip : data::Unreadable::refuse;
  const auto raw = data::load_array_split(spec, split, 0, unreadable);
  Encoding own = encoding;
  own.seed = encoding.seed + static_cast<int64_t>(split);  // no two splits share their draws
  DataSet set{.x = encode(raw, own, spec), .shape = raw.sizes().slice(1).vec()};
  if (label != LabelPlace::none) set.x = with_label(set.x, data::load_labels(spec, split), spec);
  return set;
}

void keep_first(DataSet& set, int64_t limit) {
  if (limit > 0 && limit < set.x.size(0)) set.x = set.x.narrow(0, 0, limit);
}

/// Moves the last `count` training examples into a validation split.
void hold_out(std::map<Split, DataSet>& sets, int64_t count) {
  DataSet& train = sets.at(Split::train);
  const int64_t N = train.x.size(0);
  if (count >= N)
    throw UsageError("data.holdout", got_expected(count, cat("fewer than the ", N, " training examples")));
  sets[Split::valid] = {.x = train.x.narrow(0, N - count, count), .shape = train.shape};
  train.x = train.x.narrow(0, 0, N - count);
}

}  // namespace

std::map<Split, DataSet> load_data(const DataConfig& config, const Encoding& encoding, LabelPlace label) {
  std::map<Split, DataSet> sets;
  const std::pair<Split, std::string> named[] = {
      {Split::train, config.train}, {Split::valid, config.valid}, {Split::test, config.test}};
  for (const auto& [split, spec] : named) {
    if (!spec.empty()) sets[split] = load_split(spec, split, config, encoding, label);
  }
  if (config.holdout > 0 && sets.count(Split::train) && !sets.count(Split::valid)) hold_out(sets, config.holdout);
  for (auto& [split, set] : sets) {
    keep_first(set, config.limit);
    if (set.shape != sets.begin()->second.shape) {
      throw InputError(cat("data.", data::name_of(split)),
                       got_expected(cat("examples of shape ", c10::IntArrayRef(set.shape)),
                                    c10::IntArrayRef(sets.begin()->second.shape)));
    }
  }
  return sets;
}

ops::Variables variables_of(const std::vector<int64_t>& shape, int64_t levels, LabelPlace label) {
  const int64_t D = std::accumulate(shape.begin(), shape.end(), int64_t{1}, std::multiplies<int64_t>());
  std::vector<int64_t> each(D, levels);
  if (label != LabelPlace::none) each.push_back(kClasses);
  return ops::Variables(each);
}

}  // namespace cairn::autoregressive
