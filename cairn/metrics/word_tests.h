// What word vectors are measured on: analogy questions (Mikolov et al. 2013a) and word pairs that people scored.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include <torch/types.h>

namespace cairn::metrics {

struct AnalogySection {
  std::string name;
  std::vector<std::array<std::string, 4>> questions;  ///< a is to b as c is to d
};

/// Lines ": name" begin a section, other lines are four words. Throws InputError naming the line of anything else, and
/// for a file without questions.
std::vector<AnalogySection> read_analogies(const std::filesystem::path& path);

struct WordPair {
  std::string a, b;
  double score;
};

/// Lines "word word score", separated by spaces or tabs. Throws InputError naming the line of anything else.
std::vector<WordPair> read_word_pairs(const std::filesystem::path& path);

/// Whether a file's first line is of an analogy file: a section's name or four words.
bool is_analogy_file(const std::filesystem::path& path);

struct AnalogyOptions {
  int64_t restrict = 30000;  ///< to the first (most frequent) words; 0: to all
  bool multiply = false;     ///< 3CosMul (Levy & Goldberg 2014) instead of 3CosAdd
};

struct AnalogyScore {
  std::string section;
  int64_t correct = 0, seen = 0, total = 0;  ///< seen: all four words are among those searched
};

/// As word2vec's compute-accuracy: words compare without regard to the case of A-Z, the first (most frequent) of equal
/// ones counts; the three words of a question are no answers; an answer must have a positive score.
/// vectors [V, D], words[v] by falling frequency. One score a section.
std::vector<AnalogyScore> score_analogies(const std::vector<AnalogySection>& sections,
                                          const std::vector<std::string>& words, const torch::Tensor& vectors,
                                          const AnalogyOptions& options);

}  // namespace cairn::metrics
