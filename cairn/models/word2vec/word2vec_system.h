// Word2Vec's line in the table of systems.
#pragma once

#include "cairn/models/registry.h"

namespace cairn::word2vec {

System word2vec_system();

}  // namespace cairn::word2vec
