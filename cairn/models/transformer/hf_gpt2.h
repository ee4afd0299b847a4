// GPT-2 as Hugging Face's transformers stores it (layout `hf-gpt2`): a folder with config.json, model.safetensors or
// pytorch_model.bin, and the tokenizer's vocab.json and merges.txt.
#pragma once

#include "cairn/models/layout.h"

namespace cairn::transformer {

/// Import throws InputError for a config that says another network than ours: attention that is not scaled, or scaled
/// by layer, or to a memory. Export, to a folder, throws UsageError for a network that GPT-2's configuration cannot
/// say: post-norm, RMSNorm, swiglu, other positions than learned ones, untied or scaled embeddings, other tokens than
/// pairs of bytes.
Layout hf_gpt2_layout();

}  // namespace cairn::transformer
