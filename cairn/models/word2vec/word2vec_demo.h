// This system's section of `cairn demo`.
#pragma once

#include "cairn/models/demo.h"

namespace cairn::word2vec {

/// A short training on the shipped articles, with a map of frequent words and tables of neighbours.
void demo(DemoContext& context);

}  // namespace cairn::word2vec
