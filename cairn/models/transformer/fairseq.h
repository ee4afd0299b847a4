// fairseq's translation models (layout `fairseq`): a checkpoint `.pt` with its options, and the dictionaries
// dict.SRC.txt and dict.TGT.txt, or one for both sides.
//
// Two dictionaries become one vocabulary's numbers, each side with words of its own: the smaller one is filled up with
// tokens that no text holds and that are never written.
#pragma once

#include "cairn/models/layout.h"

namespace cairn::transformer {

/// Import only, of the architecture `transformer` in any size and of any age. Throws InputError for options that say
/// another network than ours (fairseq_config.h), for dictionaries that do not fit, and, naming each, for tensors that
/// are missing, unexpected or of another shape.
Layout fairseq_layout();

}  // namespace cairn::transformer
