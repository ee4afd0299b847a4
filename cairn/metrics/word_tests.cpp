#include "cairn/metrics/word_tests.h"

#include <algorithm>
#include <charconv>
#include <span>
#include <sstream>
#include <unordered_map>

#include "cairn/base/error.h"
#include "cairn/ops/nearest_rows.h"
#include "cairn/text/text_source.h"

namespace cairn::metrics {

namespace {

std::vector<std::string> fields_of(const std::string& line) {
  std::istringstream in(line);
  std::vector<std::string> fields;
  for (std::string field; in >> field;) fields.push_back(field);
  return fields;
}

/// Calls use(fields, place) for each line that is not blank.
template <class Use>
void for_each_line(const std::filesystem::path& path, const Use& use) {
  text::LineReader reader(text::TextSource({path}));
  for (std::string line; reader.next(line);) {
    if (const auto fields = fields_of(line); !fields.empty()) use(fields, reader.place().text());
  }
}

std::string folded(std::string word) {
  for (char& c : word) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  }
  return word;
}

}  // namespace

std::vector<AnalogySection> read_analogies(const std::filesystem::path& path) {
  std::vector<AnalogySection> sections;
  size_t questions = 0;
  for_each_line(path, [&](const std::vector<std::string>& fields, const std::string& where) {
    if (fields[0].starts_with(":")) {
      sections.push_back({fields.size() > 1 ? fields[1] : fields[0].substr(1), {}});
      return;
    }
    if (fields.size() != 4)
      throw InputError(where, got_expected(cat(fields.size(), " words"), "four words, or ': section'"));
    if (sections.empty()) sections.push_back({"questions", {}});
    sections.back().questions.push_back({fields[0], fields[1], fields[2], fields[3]});
    ++questions;
  });
  if (questions == 0) throw InputError(path.string(), got_expected("no questions", "lines of four words"));
  return sections;
}

std::vector<WordPair> read_word_pairs(const std::filesystem::path& path) {
  std::vector<WordPair> pairs;
  for_each_line(path, [&](const std::vector<std::string>& fields, const std::string& where) {
    double score = 0;
    const std::string& text = fields.back();
    const auto parsed = std::from_chars(text.data(), text.data() + text.size(), score);
    if (fields.size() != 3 || parsed.ec != std::errc() || parsed.ptr != text.data() + text.size()) {
      throw InputError(where,
                       got_expected(cat(fields.size(), " fields ending in '", text, "'"), "two words and a number"));
    }
    pairs.push_back({fields[0], fields[1], score});
  });
  if (pairs.empty()) throw InputError(path.string(), got_expected("no pairs", "lines of two words and a number"));
  return pairs;
}

bool is_analogy_file(const std::filesystem::path& path) {
  text::LineReader reader(text::TextSource({path}));
  for (std::string line; reader.next(line);) {
    if (const auto fields = fields_of(line); !fields.empty()) return fields[0].starts_with(":") || fields.size() == 4;
  }
  return false;
}

namespace {

/// A question whose words are all there, as row numbers.
struct Question {
  int64_t a, b, c;
  std::string answer;  // folded
  size_t section;
};

constexpr int64_t kBatch = 256;

/// Best row that is none of a, b, c, or -1. `scores` [V] is overwritten there.
int64_t best_but(torch::Tensor scores, const Question& q) {
  for (const int64_t i : {q.a, q.b, q.c}) scores[i] = -1;
  const auto [value, index] = scores.max(0);
  return value.item<float>() > 0 ? index.item<int64_t>() : -1;
}

/// 3CosMul's scores: cosines moved to [0, 1], cos(x, b) cos(x, c) / (cos(x, a) + 0.001).
std::vector<int64_t> answers_by_product(const torch::Tensor& unit, std::span<const Question> questions) {
  std::vector<int64_t> answers;
  for (const Question& q : questions) {
    const auto three = torch::stack({unit[q.a], unit[q.b], unit[q.c]});
    const auto cosines = torch::mm(three, unit.t()).add_(1).div_(2);
    answers.push_back(best_but(cosines[1] * cosines[2] / (cosines[0] + 0.001), q));
  }
  return answers;
}

std::vector<int64_t> answers_by_sum(const torch::Tensor& unit, std::span<const Question> questions) {
  const auto pick = [&](int64_t Question::* member) {
    std::vector<int64_t> rows;
    for (const Question& q : questions) rows.push_back(q.*member);
    return unit.index_select(0, torch::tensor(rows, torch::kInt64));
  };
  const auto queries = pick(&Question::b) - pick(&Question::a) + pick(&Question::c);
  const auto found =
      ops::nearest_rows(unit, torch::ones({unit.size(0)}), queries, 4);  // at least one is no question word
  std::vector<int64_t> answers;
  for (size_t n = 0; n < questions.size(); ++n) {
    const Question& q = questions[n];
    int64_t answer = -1;
    for (int64_t i = 0; i < found.index.size(1) && answer < 0; ++i) {
      const auto row = found.index[static_cast<int64_t>(n)][i].item<int64_t>();
      if (row == q.a || row == q.b || row == q.c) continue;
      if (found.score[static_cast<int64_t>(n)][i].item<float>() <= 0) break;
      answer = row;
    }
    answers.push_back(answer);
  }
  return answers;
}

}  // namespace

std::vector<AnalogyScore> score_analogies(const std::vector<AnalogySection>& sections,
                                          const std::vector<std::string>& words, const torch::Tensor& vectors,
                                          const AnalogyOptions& options) {
  const int64_t all = vectors.size(0), V = options.restrict > 0 ? std::min(options.restrict, all) : all;
  const auto rows = vectors.narrow(0, 0, V).to(torch::kFloat32);
  const auto unit = rows / rows.norm(2, 1, /*keepdim=*/true).clamp_min(1e-30);
  std::unordered_map<std::string, int64_t> number;
  for (int64_t v = 0; v < V; ++v) number.emplace(folded(words[static_cast<size_t>(v)]), v);

  std::vector<AnalogyScore> scores;
  std::vector<Question> questions;
  for (const AnalogySection& section : sections) {
    scores.push_back({.section = section.name, .total = static_cast<int64_t>(section.questions.size())});
    for (const auto& words4 : section.questions) {
      std::array<int64_t, 4> ids{};
      bool seen = true;
      for (size_t i = 0; i < 4; ++i) {
        const auto found = number.find(folded(words4[i]));
        seen = seen && found != number.end();
        if (seen) ids[i] = found->second;
      }
      if (!seen) continue;
      ++scores.back().seen;
      questions.push_back({ids[0], ids[1], ids[2], folded(words4[3]), scores.size() - 1});
    }
  }
  for (size_t begin = 0; begin < questions.size(); begin += kBatch) {
    const auto batch =
        std::span<const Question>(questions).subspan(begin, std::min<size_t>(kBatch, questions.size() - begin));
    const auto answers = options.multiply ? answers_by_product(unit, batch) : answers_by_sum(unit, batch);
    for (size_t n = 0; n < batch.size(); ++n) {
      const bool right = answers[n] >= 0 && folded(words[static_cast<size_t>(answers[n])]) == batch[n].answer;
      scores[batch[n].section].correct += right;
    }
  }
  return scores;
}

}  // namespace cairn::metrics
