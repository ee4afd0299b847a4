// Translating with a trained model, side by side with CTranslate2 and the same weights.
#pragma once

#include <vector>

#include "cairn/base/benchmark.h"

namespace cairn::transformer {

/// Of the model folder $TRANSLATION_MODEL (of SentencePiece tokens, such as layout `hf-marian` can hold) and the first
/// lines of $TRANSLATION_TEXT.
std::vector<Benchmark> translation_benchmarks();

}  // namespace cairn::transformer
