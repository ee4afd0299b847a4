#include "cairn/models/word2vec/evaluation.h"

#include <algorithm>

#include "cairn/base/error.h"
#include "cairn/base/text.h"
#include "cairn/data/catalogue.h"
#include "cairn/metrics/rank_correlation.h"

namespace cairn::word2vec {
namespace fs = std::filesystem;

namespace {

std::vector<fs::path> test_files(const std::string& spec) {
  std::vector<fs::path> files;
  for (const std::string& name : split(spec, ',')) {
    if (const data::DataSet* set = data::find_data_set(name)) {
      for (const auto& file : set->files) {
        if (file.role == "analogies" || file.role == "similarity") files.push_back(data::folder_of(*set) / file.path);
      }
      if (files.empty()) throw UsageError(name, "this data set has neither analogies nor word pairs");
    } else {
      if (!fs::is_regular_file(name)) throw EnvironmentError(name, "no such file, and no data set of that name");
      files.emplace_back(name);
    }
  }
  return files;
}

template <class List>
void keep_first(List& list, int64_t limit) {
  if (limit > 0 && static_cast<int64_t>(list.size()) > limit) list.resize(static_cast<size_t>(limit));
}

double share(int64_t part, int64_t whole) {
  return whole == 0 ? 0 : static_cast<double>(part) / static_cast<double>(whole);
}

bool is_syntactic(const std::string& section) {
  return section.starts_with("gram");
}

}  // namespace

WordTests::WordTests(const std::string& spec) {
  if (spec.empty()) return;
  for (const fs::path& file : test_files(spec)) {
    if (metrics::is_analogy_file(file)) {
      const auto sections = metrics::read_analogies(file);
      analogies_.insert(analogies_.end(), sections.begin(), sections.end());
    } else {
      pairs_.push_back({file.stem().string(), metrics::read_word_pairs(file)});
    }
  }
}

train::Evaluation WordTests::measure(const WordVectors& vectors, const EvalConfig& config, int64_t limit) const {
  train::Evaluation result;
  if (!analogies_.empty()) {
    auto sections = analogies_;
    for (auto& section : sections) keep_first(section.questions, limit);
    const auto& table = vectors.table();
    const auto scores = metrics::score_analogies(sections, table.vocabulary.list(), table.rows(0, table.size()),
                                                 {.restrict = config.restrict, .multiply = config.method == "3cosmul"});
    metrics::AnalogyScore all, kinds[2];
    for (const auto& score : scores) {
      for (auto* sum : {&all, &kinds[is_syntactic(score.section)]}) {
        sum->correct += score.correct;
        sum->seen += score.seen;
        sum->total += score.total;
      }
    }
    result.metrics = {{"analogy", share(all.correct, all.seen)},
                      {"analogy_semantic", share(kinds[0].correct, kinds[0].seen)},
                      {"analogy_syntactic", share(kinds[1].correct, kinds[1].seen)},
                      {"analogy_seen", share(all.seen, all.total)}};
    result.count += all.total;
  }
  for (auto [name, pairs] : pairs_) {
    keep_first(pairs, limit);
    std::vector<double> people, cosines;
    for (const auto& pair : pairs) {
      if (!vectors.contains(pair.a) || !vectors.contains(pair.b)) continue;
      people.push_back(pair.score);
      cosines.push_back(vectors.similarity(pair.a, pair.b));
    }
    result.metrics.emplace_back("spearman." + name, metrics::spearman(people, cosines));
    result.metrics.emplace_back("seen." + name,
                                share(static_cast<int64_t>(people.size()), static_cast<int64_t>(pairs.size())));
    result.count += static_cast<int64_t>(pairs.size());
  }
  return result;
}

}  // namespace cairn::word2vec
