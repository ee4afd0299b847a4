#include "cairn/models/word2vec/word2vec_demo.h"

#include "cairn/base/error.h"
#include "cairn/base/log.h"
#include "cairn/base/text.h"
#include "cairn/models/word2vec/gallery.h"
#include "cairn/models/word2vec/word2vec_learner.h"
#include "cairn/train/run_folder.h"
#include "cairn/train/train_config.h"

namespace cairn::word2vec {

namespace {

void show_training(DemoContext& context) {
  log::info("training word vectors on a shipped text");
  const auto recipe = train::load_recipe("word2vec/tiny", {"train.epochs=20"});
  const auto learner = make_learner(recipe);
  auto folder = train::RunFolder::create({.path = context.folder / "tiny", .recipe = recipe, .command = "cairn demo"});
  const auto result = learner->run(train::read_train_config(recipe.document), folder);
  if (result.interrupted) throw EnvironmentError("demo", "interrupted while training");
  context.page.subheading("Trained here")
      .paragraph(
          cat(learner->describe(), " ", fixed(result.epochs, 0), " epochs in ", human_seconds(result.seconds), "."));
  for (const auto& [name, value] : result.metrics) {
    context.results[name] = value;
  }
  write_gallery(context.page, WordVectors::load(folder.model()));
}

}  // namespace

void demo(DemoContext& context) {
  context.page.heading("Word2Vec")
      .paragraph("Vectors for words, learned so that a word's vector tells its neighbours from other words.");
  show_training(context);
}

}  // namespace cairn::word2vec
