// A label at each step: learning, whole sequences against single steps, and what is refused.
#include "cairn/base/error.h"
#include "cairn/data/labelled_sequences.h"
#include "cairn/models/rnn/rnn_pipeline.h"
#include "tests/models/rnn/small_data.h"

namespace cairn::rnn {
namespace {

class Labelling : public WithFolder {
 protected:
  /// The label is whether the last of 3 features was positive one step before: a network without memory cannot know it.
  void write_set(const std::string& set, int count) const {
    for (int k = 0; k < count; ++k) {
      torch::manual_seed(100 * count + k);
      const auto x = torch::randn({40 + k, 3});
      const auto before = torch::cat({torch::zeros({1}), x.slice(0, 0, -1).select(1, 2)});
      sequence(set, cat("s", k), x, before.gt(0).to(torch::kInt64));
    }
  }
  Json values(int epochs = 1) const {
    return {{"system", "rnn"},
            {"model", {{"task", "sequence_labeling"}, {"cell", "gru"}, {"layers", 1}, {"hidden", 16}}},
            {"data", {{"train", at("train")}, {"test", at("test")}, {"steps", 25}}},
            {"train", {{"epochs", epochs}, {"batch", 8}, {"lr", 0.03}}}};
  }
};

TEST_F(Labelling, RemembersTheStepBefore) {
  write_set("train", 20);
  write_set("test", 5);
  const auto result = run("r", recipe(values(20)));
  EXPECT_GT(metric(result, "test.accuracy"), 0.93);
}

TEST_F(Labelling, StepsGiveTheSameBitsAsTheWhole) {
  write_set("train", 2);
  write_set("test", 1);
  run("r", recipe(values()));
  const auto model = SequenceModel::load(folder_ / "r/model");
  const auto x = torch::randn({17, 3});
  const auto whole = model.label(x);
  ASSERT_EQ(whole.sizes(), at::IntArrayRef({17, 2}));
  auto state = model.start();
  for (int64_t t = 0; t < 17; ++t) EXPECT_TRUE(torch::equal(model.step(state, x[t]), whole[t])) << t;
  EXPECT_EQ(model.label(torch::zeros({0, 3})).size(0), 0);
}

TEST_F(Labelling, RefusesBadInput) {
  write_set("train", 2);
  write_set("test", 1);
  run("r", recipe(values()));
  const auto model = SequenceModel::load(folder_ / "r/model");
  const auto refused = [](const auto& call, const std::string& part) {
    try {
      call();
      ADD_FAILURE() << "took it; expected " << part;
    } catch (const Error& error) {
      EXPECT_NE(std::string(error.what()).find(part), std::string::npos) << error.what();
    }
  };
  auto spoilt = torch::zeros({5, 3});
  spoilt[3][1] = NAN;
  refused([&] { model.label(spoilt); }, "row 3");
  refused([&] { model.label(torch::zeros({5, 4})); }, "got 4 a row, expected 3");
  refused([&] { model.score({"text"}); }, "expected a language_model");
  const auto labels = torch::zeros({5}, torch::kInt64);
  sequence("test", "s0", spoilt, labels);
  refused([&] { make_task(recipe(values())); }, "s0.npy] row 3");
  sequence("test", "s0", torch::zeros({5, 2}), labels);
  refused([&] { make_task(recipe(values())); }, "got 2 a row, expected 3");
  sequence("test", "s0", torch::zeros({5, 3}), labels + 9);
  refused([&] { make_task(recipe(values())); }, "got label 9, expected 0 .. 1");
  sequence("test", "s0", torch::zeros({5, 3}), labels - 1);
  refused([&] { make_task(recipe(values())); }, "got label -1");
  sequence("test", "s0", torch::zeros({5, 3}), torch::zeros({4}, torch::kInt64));
  refused([&] { make_task(recipe(values())); }, "labels");
}

TEST_F(Labelling, BothEndsGoWithWholeSequencesOnly) {
  write_set("train", 2);
  write_set("test", 1);
  auto options = values();
  options["model"]["bidirectional"] = true;
  run("r", recipe(options));
  const auto model = SequenceModel::load(folder_ / "r/model");
  EXPECT_EQ(model.label(torch::randn({6, 3})).size(0), 6);
  auto state = model.start();
  EXPECT_THROW(model.step(state, torch::zeros({3})), UsageError);
}

}  // namespace
}  // namespace cairn::rnn
