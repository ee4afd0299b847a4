// Marian's translation models as Hugging Face's transformers stores them (layout `hf-marian`): a folder with
// config.json, model.safetensors or pytorch_model.bin, source.spm, target.spm and vocab.json.
//
// Their decoders start from padding, whose embedding is 0. A network that starts from another token is written with
// that token's embedding added to the decoder's first position instead, which is the same network; so all positions are
// written out, and CTranslate2, which takes the 0 for granted, converts what is written.
#pragma once

#include "cairn/models/layout.h"

namespace cairn::transformer {

/// Import throws InputError for a config that says another network than ours: separate vocabularies, heads or widths
/// that differ between encoder and decoder, normalisation before the parts. Export, to a folder, throws UsageError for
/// a network that Marian's configuration cannot say: pre-norm, RMSNorm, swiglu, rotary positions, untied embeddings,
/// other tokens than SentencePiece's.
Layout hf_marian_layout();

}  // namespace cairn::transformer
