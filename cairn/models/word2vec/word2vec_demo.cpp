#include "cairn/models/word2vec/word2vec_demo.h"

#include "cairn/base/error.h"
#include "cairn/base/log.h"
#include "cairn/base/resources.h"
#include "cairn/base/text.h"
#include "cairn/models/word2vec/gallery.h"
#include "cairn/models/word2vec/word2vec_learner.h"

namespace cairn::word2vec {

namespace {

constexpr int64_t kNeighbours = 6, kAnswers = 3;

void show_training(DemoContext& context) {
  log::info("training word vectors on a shipped text");
  const auto recipe = train::load_recipe("word2vec/tiny", {"train.epochs=20"});
  const auto learner = make_learner(recipe);
  const auto run = train_for_demo(context, "tiny", recipe, *learner);
  context.page.subheading("Trained here")
      .paragraph(cat(learner->describe(), " ", fixed(run.result.epochs, 0), " epochs in ",
                     human_seconds(run.result.seconds), "."));
  for (const auto& [name, value] : run.result.metrics) {
    context.results[name] = value;
  }
  write_gallery(context.page, WordVectors::load(run.model));
}

/// What is to c as b is to a.
struct Analogy {
  std::string a, b, c;
};

vision::Table analogy_table(const WordVectors& vectors, const std::vector<Analogy>& questions) {
  vision::Table table{.header = {"question", "answers (score)"}, .rows = {}};
  for (const auto& [a, b, c] : questions) {
    std::vector<std::string> answers;
    for (const auto& [word, score] : vectors.analogy(a, b, c, kAnswers))
      answers.push_back(cat(word, " ", fixed(score, 2)));
    table.rows.push_back({cat(a, " : ", b, " = ", c, " : ?"), join(answers, ", ")});
  }
  return table;
}

void show_shipped(DemoContext& context) {
  const auto vectors = WordVectors::load(resource("shipped/models/words-enwiki"));
  context.results["shipped.words"] = vectors.size();
  context.results["shipped.answer"] = vectors.analogy("man", "king", "woman", 1).front().word;
  context.page.subheading("Shipped vectors")
      .paragraph(cat(vectors.size(), " frequent words of 17 million words of English Wikipedia, ", vectors.dim(),
                     " dimensions, stored as bytes."))
      .table(
          neighbour_table(vectors, {"king", "river", "germany", "einstein", "computer", "red", "quickly"}, kNeighbours))
      .subheading("Analogies")
      .table(analogy_table(vectors, {{"man", "king", "woman"},
                                     {"france", "paris", "italy"},
                                     {"japan", "japanese", "spain"},
                                     {"good", "better", "large"},
                                     {"go", "went", "take"},
                                     {"child", "children", "woman"}}));
}

}  // namespace

void demo(DemoContext& context) {
  context.page.heading("Word2Vec")
      .paragraph("Vectors for words, learned so that a word's vector tells its neighbours from other words.");
  show_shipped(context);
  show_training(context);
}

}  // namespace cairn::word2vec
