// Vector files of other programs, as rows of `cairn import` and `cairn export`.
#pragma once

#include <vector>

#include "cairn/models/layout.h"

namespace cairn::word2vec {

/// word2vec-binary, word2vec-text, fasttext-vec, vectors-float32, -float16, -int8: both ways. fasttext-bin: import.
std::vector<Layout> layouts();

}  // namespace cairn::word2vec
