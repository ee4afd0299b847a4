// The Huffman tree of hierarchical softmax (Mikolov et al. 2013b, 2.1):
// frequent words have short paths.
#pragma once

#include <cstdint>
#include <vector>

namespace cairn::word2vec {

/// A word's way from the root: the inner nodes it passes and, at each, whether
/// it turns to the branch called true. sum over words of p(word) is 1 for any
/// inner vectors.
struct HuffmanTree {
  struct Step {
    int32_t node;
    bool turn;
  };
  std::vector<std::vector<Step>> paths;  ///< by word
  int64_t nodes = 0;                     ///< inner ones: words - 1
};

/// `counts` >= 0, falling. One word alone has an empty path.
HuffmanTree huffman_tree(const std::vector<int64_t>& counts);

}  // namespace cairn::word2vec
