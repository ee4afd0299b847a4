#include "cairn/models/word2vec/word2vec_pipeline.h"

#include <algorithm>

#include "cairn/base/error.h"

namespace cairn {

using namespace word2vec;

namespace {

constexpr int64_t kBlock = 16384;

/// 1 / |row| of the rows as stored (int8 without their scales); 0 for a zero
/// row.
torch::Tensor inverse_norms(const torch::Tensor& vectors) {
  const auto inverse = torch::empty({vectors.size(0)}, torch::kFloat32);
  for (int64_t begin = 0; begin < vectors.size(0); begin += kBlock) {
    const int64_t count = std::min(kBlock, vectors.size(0) - begin);
    const auto norm = vectors.narrow(0, begin, count).to(torch::kFloat32).norm(2, 1);
    inverse.narrow(0, begin, count).copy_(torch::where(norm > 0, 1 / norm, torch::zeros_like(norm)));
  }
  return inverse;
}

torch::Tensor normalised(const torch::Tensor& vector) {
  return vector / vector.norm().clamp_min(1e-30);
}

}  // namespace

WordVectors::WordVectors(VectorTable table) : table_(std::move(table)), scale_(inverse_norms(table_.vectors)) {}

WordVectors WordVectors::load(const std::filesystem::path& folder) {
  return WordVectors(read_table(folder));
}

torch::Tensor WordVectors::vector(const std::string& word) const {
  if (const int32_t number = table_.vocabulary.find(word); number >= 0) return table_.rows(number, 1).squeeze(0);
  if (!table_.subwords) table_.vocabulary.number(word);  // throws
  std::vector<int64_t> rows;
  for (const int32_t gram : subwords(word, *table_.subwords)) rows.push_back(gram);
  if (rows.empty()) return torch::zeros({dim()});
  return table_.ngrams.index_select(0, torch::tensor(rows, torch::kInt64)).mean(0);
}

torch::Tensor WordVectors::unit(const std::string& word) const {
  return normalised(vector(word));
}

double WordVectors::similarity(const std::string& a, const std::string& b) const {
  return unit(a).to(torch::kFloat64).dot(unit(b).to(torch::kFloat64)).item<double>();
}

ops::NearestRows WordVectors::nearest_rows(const torch::Tensor& queries, int64_t k) const {
  const auto rows = queries.to(torch::kFloat32);
  const auto unit_rows = rows / rows.norm(2, -1, /*keepdim=*/true).clamp_min(1e-30);
  return ops::nearest_rows(table_.vectors, scale_, unit_rows, k);
}

std::vector<Neighbour> WordVectors::best_but(const torch::Tensor& query, int64_t k,
                                             const std::vector<std::string>& but) const {
  if (k < 1) throw UsageError("k", got_expected(k, "at least 1"));
  const auto found = nearest_rows(query.unsqueeze(0), k + static_cast<int64_t>(but.size()));
  std::vector<Neighbour> neighbours;
  for (int64_t i = 0; i < found.index.size(1) && static_cast<int64_t>(neighbours.size()) < k; ++i) {
    std::string word(table_.vocabulary.words[static_cast<int32_t>(found.index[0][i].item<int64_t>())]);
    if (std::find(but.begin(), but.end(), word) != but.end()) continue;
    neighbours.push_back({std::move(word), found.score[0][i].item<double>()});
  }
  return neighbours;
}

std::vector<Neighbour> WordVectors::nearest(const std::string& word, int64_t k) const {
  return best_but(vector(word), k, {word});
}

std::vector<Neighbour> WordVectors::nearest(const torch::Tensor& query, int64_t k) const {
  if (query.dim() != 1 || query.size(0) != dim())
    throw UsageError("nearest", got_expected(query.sizes(), cat("[", dim(), "]")));
  return best_but(query, k, {});
}

std::vector<Neighbour> WordVectors::analogy(const std::string& a, const std::string& b, const std::string& c,
                                            int64_t k) const {
  return best_but(unit(b) - unit(a) + unit(c), k, {a, b, c});
}

}  // namespace cairn
