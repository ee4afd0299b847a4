// What of a translation's attention is shown: one layer and head, or means of them, as numbers and as a picture.
#pragma once

#include "cairn/models/transformer/translator.h"
#include "cairn/vision/heat_map.h"

namespace cairn::transformer {

struct AttentionView {
  int64_t layer = 0;  ///< 1 .. layers; 0: the mean of all
  int64_t head = 0;   ///< 1 .. heads; 0: the mean of all
};

/// A row for each token of the target, a column for each of the source. Throws UsageError for a layer or head that is
/// not there.
vision::HeatMap heat_map_of(const AttentionMap& map, const AttentionView& view, const std::string& title);

/// `attention` of `cairn run MODEL`: for each line of --in and its translation, given or ours, who looks where.
Command attention_command(const Translator& translator);

}  // namespace cairn::transformer
