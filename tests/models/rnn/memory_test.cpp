// Problems of long memory: a short delay is learned, an untrained network guesses, what is measured is what was asked.
#include <cmath>

#include "cairn/base/error.h"
#include "cairn/models/rnn/rnn_pipeline.h"
#include "tests/models/rnn/small_data.h"

namespace cairn::rnn {
namespace {

class Memory : public WithFolder {
 protected:
  static Json values(const std::string& task, int64_t length, int64_t steps) {
    return {{"system", "rnn"},
            {"model", {{"task", task}, {"cell", "gru"}, {"layers", 1}, {"hidden", 24}}},
            {"data", {{"length", length}}},
            {"train", {{"steps", steps}, {"batch", 20}, {"lr", 0.01}, {"clip", 1}}}};
  }
};

TEST_F(Memory, AShortSumIsLearned) {
  const auto result = run("r", recipe(values("adding", 6, 500)));
  EXPECT_LT(metric(result, "test.mse"), 0.01);
  const auto solved = SequenceModel::load(folder_ / "r/model").solve({.count = 40, .length = 6, .seed = 4});
  EXPECT_EQ(solved.answer.sizes(), at::IntArrayRef({40, 1}));
  EXPECT_LT((solved.answer - solved.expected).square().mean().item<double>(), 0.01);
}

TEST_F(Memory, BeforeLearningItGuesses) {
  const auto copy = make_task(recipe(values("copy", 5, 1)))->evaluate({.split = data::Split::test, .final = true});
  EXPECT_NEAR(copy.metrics[0].second, std::log(8), 0.3);
  EXPECT_NEAR(copy.metrics[1].second, 1.0 / 8, 0.03);
  EXPECT_EQ(copy.count, 1000);
  const auto limited = make_task(recipe(values("copy", 5, 1)))->evaluate({.split = data::Split::valid, .limit = 70});
  EXPECT_EQ(limited.count, 70);
}

TEST_F(Memory, CopyingBeginsToBeLearned) {
  const auto result = run("r", recipe(values("copy", 1, 400)));
  EXPECT_GT(metric(result, "test.accuracy"), 0.25);
  const auto model = SequenceModel::load(folder_ / "r/model");
  const auto solved = model.solve({.count = 3, .length = 1});
  EXPECT_EQ(solved.answer.sizes(), at::IntArrayRef({3, 10}));
  EXPECT_TRUE(torch::equal(solved.expected, model.solve({.count = 3, .length = 1}).expected));
}

TEST_F(Memory, RefusesWhatDoesNotGoTogether) {
  auto bad = values("copy", 5, 1);
  bad["model"]["bidirectional"] = true;
  EXPECT_THROW(make_task(recipe(bad)), UsageError);
  EXPECT_THROW(make_task(recipe(values("adding", 1, 1))), UsageError);
  EXPECT_THROW(make_task(recipe(values("states", 1, 1))), UsageError);
}

}  // namespace
}  // namespace cairn::rnn
