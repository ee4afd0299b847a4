// The recipes for words that were never seen and for Chinese, on as much text as takes seconds.
#include <gtest/gtest.h>

#include <set>

#include "cairn/data/catalogue.h"
#include "cairn/io/temporary_folder.h"
#include "cairn/models/word2vec/word2vec_learner.h"
#include "cairn/models/word2vec/word2vec_pipeline.h"
#include "cairn/train/run_folder.h"
#include "cairn/train/train_config.h"

namespace cairn::word2vec {
namespace {

WordVectors trained(const std::string& recipe_name, const std::vector<std::string>& overrides) {
  const io::TemporaryFolder temporary;
  const auto recipe = train::load_recipe("word2vec/" + recipe_name, overrides);
  auto folder = train::RunFolder::create({.path = temporary.path() / "run", .recipe = recipe, .command = "test"});
  make_learner(recipe)->run(train::read_train_config(recipe.document), folder);
  return WordVectors::load(folder.model());
}

TEST(Word2VecRecipe, SubwordTellsWordsApartAndKnowsUnseenOnes) {
  const auto vectors = trained(
      "subword", {"data.train=wiki_small", "data.test=''", "model.dim=20", "model.bucket=20000", "train.epochs=3"});
  EXPECT_GT(vectors.similarity("king", "queen"), vectors.similarity("king", "three") + 0.05);
  EXPECT_GT(vectors.similarity("england", "france"), vectors.similarity("england", "two") + 0.05);
  ASSERT_FALSE(vectors.contains("philosophising"));
  EXPECT_NE(vectors.nearest("philosophising", 1).front().word.find("philosoph"), std::string::npos);
}

TEST(Word2VecRecipe, ChineseFindsTheOtherHalvesOfNames) {
  if (!data::find_folder(data::data_set_named("zh_novels"))) GTEST_SKIP() << "zh_novels is not here";
  const auto vectors = trained("zh", {"data.limit=200000", "train.epochs=4"});
  std::set<std::string> near;
  for (const auto& [word, cosine] : vectors.nearest("宝", 2)) near.insert(word);
  EXPECT_EQ(near, (std::set<std::string>{"玉", "钗"}));  // Baoyu and Baochai of the first novel
}

}  // namespace
}  // namespace cairn::word2vec
