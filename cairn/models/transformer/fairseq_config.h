// The options that a fairseq checkpoint carries, and the network they say.
#pragma once

#include <string>

#include "cairn/base/document.h"
#include "cairn/models/transformer/foreign_config.h"
#include "cairn/models/transformer/model_factory.h"

namespace cairn::transformer {

/// Positions are numbered from behind the padding's number.
constexpr int64_t kFirstFairseqPosition = 2;

/// From a checkpoint's values: `args`, an argparse.Namespace (to version 0.10), or `cfg.model` (later ones); options in
/// groups get flat names: encoder.layers is encoder_layers. Throws InputError naming `file` where there is neither.
ForeignConfig fairseq_options(const Json& values, const std::string& file);

/// Without vocabulary and tokenizers. Throws InputError, naming the option, for a network that ours is not: another
/// architecture, sides that differ, normalised embeddings, adaptive softmax, cross+self-attention.
ModelSpec fairseq_spec(const ForeignConfig& options);

}  // namespace cairn::transformer
