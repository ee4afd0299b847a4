#include "cairn/models/word2vec/gallery.h"

#include <algorithm>

#include "cairn/base/error.h"
#include "cairn/base/text.h"
#include "cairn/vision/scatter.h"

namespace cairn::word2vec {

namespace {

constexpr int64_t kFunctionWords = 60, kMapped = 150, kListed = 12, kNeighbours = 6;

/// The first words behind the function words: nouns and verbs for the most part.
std::vector<std::string> frequent_words(const WordVectors& vectors, int64_t skip, int64_t count) {
  const int64_t begin = std::min(skip, vectors.size() / 2), end = std::min(begin + count, vectors.size());
  std::vector<std::string> words;
  for (int64_t i = begin; i < end; ++i) words.emplace_back(vectors.table().vocabulary.words[static_cast<int32_t>(i)]);
  return words;
}

}  // namespace

torch::Tensor principal_map(const WordVectors& vectors, int64_t skip, int64_t count) {
  const int64_t begin = std::min(skip, vectors.size() / 2), size = std::min(count, vectors.size() - begin);
  auto rows = vectors.table().rows(begin, size).to(torch::kFloat64);
  rows = rows / rows.norm(2, 1, /*keepdim=*/true).clamp_min(1e-30);
  rows = rows - rows.mean(0);
  const auto [variances, axes] = torch::linalg_eigh(torch::matmul(rows.t(), rows));  // rising
  const int64_t D = rows.size(1);
  if (D == 1) return torch::cat({rows, torch::zeros_like(rows)}, 1);
  const auto first_two = axes.narrow(1, D - 2, 2).flip(1);
  // An axis has no sign of its own: its largest entry is made positive, so that a map comes out the same again.
  const auto largest = first_two.gather(0, first_two.abs().argmax(0, /*keepdim=*/true));
  return torch::matmul(rows, first_two * largest.sign());
}

vision::Table neighbour_table(const WordVectors& vectors, const std::vector<std::string>& words, int64_t k) {
  vision::Table table{.header = {"word", "nearest words (cosine)"}};
  for (const auto& word : words) {
    if (!vectors.contains(word)) continue;
    std::vector<std::string> near;
    for (const auto& [neighbour, score] : vectors.nearest(word, k))
      near.push_back(cat(neighbour, " ", fixed(score, 2)));
    table.rows.push_back({word, join(near, ", ")});
  }
  return table;
}

void write_gallery(vision::Page& page, const WordVectors& vectors) {
  const auto words = frequent_words(vectors, kFunctionWords, kMapped);
  const auto map = principal_map(vectors, kFunctionWords, kMapped).contiguous();
  vision::ScatterPlot plot{.title = "Frequent words, first two principal components"};
  for (int64_t i = 0; i < map.size(0); ++i) {
    plot.points.push_back({words[static_cast<size_t>(i)], map[i][0].item<double>(), map[i][1].item<double>()});
  }
  page.heading("Words").scatter(plot);
  const auto listed = static_cast<int64_t>(words.size()) < kListed ? words.end() : words.begin() + kListed;
  const std::vector<std::string> first(words.begin(), listed);
  page.subheading("Nearest neighbours").table(neighbour_table(vectors, first, kNeighbours));
}

}  // namespace cairn::word2vec
