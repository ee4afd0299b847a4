// Sequences of feature rows with a label a row, such as videos with an action a frame.
#pragma once

#include <string>
#include <vector>

#include <torch/types.h>

#include "cairn/data/batch.h"

namespace cairn::data {

struct LabelledSequence {
  std::string name;  ///< for messages: the file's
  torch::Tensor x;   ///< [T, D] float32, all finite
  torch::Tensor y;   ///< [T] int64, >= 0
};

/// The sequences of a SPEC: of a catalogue name those of the split; of a folder each NAME.npy [T, D] with its
/// NAME.labels.npy [T], by name. `limit` > 0 keeps the first ones. All have the same D. Throws UsageError for an
/// unknown name or a set without sequences, EnvironmentError for what is not here, InputError (file and row) for
/// features that are not finite, widths or lengths that differ, and labels that are no whole numbers >= 0.
std::vector<LabelledSequence> load_sequences(const std::string& spec, Split split, int64_t limit = 0);

/// Throws InputError naming `source` and the row if x is not [T, D] numbers or one of them is not finite.
torch::Tensor checked_features(const torch::Tensor& x, const std::string& source);

}  // namespace cairn::data
