// The data of this room: arrays of small integers, [N, D] uint8, with the label as one more column for joint models.
#pragma once

#include <map>
#include <string>
#include <vector>

#include <torch/types.h>

#include "cairn/base/random.h"
#include "cairn/data/batch.h"
#include "cairn/models/autoregressive/autoregressive_config.h"
#include "cairn/ops/variables.h"

namespace cairn::autoregressive {

constexpr int64_t kClasses = 10;  // label values of the sets we read: digits

struct DataSet {
  torch::Tensor x;             ///< [N, D] uint8
  std::vector<int64_t> shape;  ///< of one example, without the label
};

/// How raw arrays become levels; saved with the model, so that `eval` and `run` read data as training did.
struct Encoding {
  int64_t levels = 2;
  std::string binarize = "none";
  int64_t threshold = 128;
  int64_t seed = 0;  ///< of "sampled"
  static Encoding of(const DataConfig& config, int64_t seed);
};

/// [N, ...] numbers of any type -> [N, D] uint8 levels. Throws InputError naming `source`, row and value for what is
/// not an integer in 0 .. levels - 1 (after binarisation), and for an array without rows of numbers.
torch::Tensor encode(const torch::Tensor& raw, const Encoding& encoding, const std::string& source);

/// Appends labels [N] as the last column. Throws InputError for a count that differs or a label outside 0 .. 9.
torch::Tensor with_label(const torch::Tensor& x, const torch::Tensor& labels, const std::string& source);

/// Reads the splits that `config` names; a joint model needs labels.
std::map<data::Split, DataSet> load_data(const DataConfig& config, const Encoding& encoding, LabelPlace label);

/// D variables of `levels` values for the pixels, and one of kClasses for the label of a joint model.
ops::Variables variables_of(const std::vector<int64_t>& shape, int64_t levels, LabelPlace label);

}  // namespace cairn::autoregressive
