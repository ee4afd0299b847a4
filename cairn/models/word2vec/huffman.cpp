// Two queues: the words by rising count, and the inner nodes, which come into
// being by rising count.
#include "cairn/models/word2vec/huffman.h"

#include <algorithm>

namespace cairn::word2vec {

HuffmanTree huffman_tree(const std::vector<int64_t>& counts) {
  const auto V = static_cast<int64_t>(counts.size());
  HuffmanTree tree{.paths = std::vector<std::vector<HuffmanTree::Step>>(counts.size()),
                   .nodes = std::max<int64_t>(V - 1, 0)};
  std::vector<int64_t> weight(static_cast<size_t>(V + tree.nodes)), parent(weight.size(), -1);
  std::vector<bool> turn(weight.size());
  std::copy(counts.begin(), counts.end(), weight.begin());
  int64_t word = V - 1, inner = V;
  const auto lighter = [&](int64_t made) {
    const bool takes_word = word >= 0 && (inner >= made || weight[word] < weight[inner]);
    return takes_word ? word-- : inner++;
  };
  for (int64_t made = V; made < V + tree.nodes; ++made) {
    const int64_t a = lighter(made), b = lighter(made);
    weight[made] = weight[a] + weight[b];
    parent[a] = parent[b] = made;
    turn[b] = true;
  }
  for (int64_t w = 0; w < V; ++w) {
    auto& path = tree.paths[w];
    for (int64_t at = w; parent[at] >= 0; at = parent[at])
      path.push_back({static_cast<int32_t>(parent[at] - V), turn[at]});
    std::reverse(path.begin(), path.end());
  }
  return tree;
}

}  // namespace cairn::word2vec
