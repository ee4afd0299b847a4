// A label at each word: learning, both directions, lines against each other, and what is refused by file and line.
#include "cairn/base/error.h"
#include "cairn/models/rnn/rnn_pipeline.h"
#include "tests/models/rnn/small_data.h"

namespace cairn::rnn {
namespace {

class WordLabels : public WithFolder {
 protected:
  /// "saw" is a verb behind "he" and a noun behind "the": the word alone does not tell.
  std::string sentences(const std::string& name) const {
    return text(
        name,
        "he PRON\nsaw VERB\nit PRON\n\nthe DET\nsaw NOUN\nbroke VERB\n\nhe PRON\nbroke VERB\nthe DET\nsaw NOUN\n");
  }
  Json values(const std::string& train, const Json& model = Json::object()) const {
    Json all = {{"task", "sequence_labeling"}, {"words", true}, {"layers", 1}, {"hidden", 12}, {"embedding", 6}};
    all.update(model);
    return {{"system", "rnn"},
            {"model", all},
            {"data", {{"train", train}, {"test", train}, {"steps", 10}}},
            {"train", {{"epochs", 60}, {"batch", 2}, {"lr", 0.03}}}};
  }
  void refused(const std::string& train, const std::string& test, const std::string& part) const {
    auto options = values(train);
    options["data"]["test"] = test;
    try {
      make_task(recipe(options));
      ADD_FAILURE() << "took it; expected " << part;
    } catch (const Error& error) {
      EXPECT_NE(std::string(error.what()).find(part), std::string::npos) << error.what();
    }
  }
};

std::vector<std::string> labels_of(const SequenceModel& model, const std::vector<std::string>& words) {
  std::vector<std::string> labels;
  const auto best = model.label(words, "test").argmax(1);
  for (int64_t t = 0; t < best.numel(); ++t)
    labels.push_back(model.label_names()[static_cast<size_t>(best[t].item<int64_t>())]);
  return labels;
}

TEST_F(WordLabels, TheWordsBeforeDecide) {
  for (const bool both : {false, true}) {
    const std::string name = both ? "both" : "forward";
    const auto result = run(name, recipe(values(sentences("t"), {{"bidirectional", both}})));
    EXPECT_EQ(metric(result, "test.accuracy"), 1);
    const auto model = SequenceModel::load(folder_ / name / "model");
    EXPECT_EQ(labels_of(model, {"he", "saw"})[1], "VERB");
    EXPECT_EQ(labels_of(model, {"the", "saw"})[1], "NOUN");
    EXPECT_EQ(model.label(std::vector<std::string>{}, "test").sizes(), at::IntArrayRef({0, 4}));
  }
}

TEST_F(WordLabels, CountsWords) {
  const auto task = make_task(recipe(values(sentences("t"))));
  EXPECT_EQ(task->evaluate({.split = data::Split::test, .final = true}).count, 10);
}

TEST_F(WordLabels, BadDataIsNamedByFileAndLine) {
  const auto good = sentences("good");
  refused(good, text("word", "he PRON\nsneezed VERB\n"), "word:2] the word 'sneezed' is not in the model's vocabulary");
  refused(good, text("label", "he PRON\n\nhe\tPRN\n"), "label:3] got label 'PRN', expected one of the 4 of the model");
  refused(good, text("label2", "he PRN\n"), "did you mean 'PRON'?");
  refused(good, text("columns", "he\n"), "columns:1] got 1 columns");
  refused(text("empty", "\n\n"), good, "no word");
  refused(at("nowhere.txt"), good, "nowhere.txt");
}

TEST_F(WordLabels, UnknownWordsAreMappedWhereTheRuleSaysSo) {
  auto options = values(sentences("t"));
  options["data"].update({{"unknown", "map"}, {"least", 2}});
  run("r", recipe(options));
  const auto model = SequenceModel::load(folder_ / "r/model");
  EXPECT_EQ(model.label({"he", "sneezed"}, "test").size(0), 2);
}

TEST_F(WordLabels, RefusesWhatDoesNotGoTogether) {
  auto options = values(sentences("t"));
  options["data"]["tokens"] = "character";
  EXPECT_THROW(make_task(recipe(options)), UsageError);
  options = values(sentences("t"), {{"task", "language_model"}});
  EXPECT_THROW(make_task(recipe(options)), UsageError);
  options = values(sentences("t"));
  options["train"]["epochs"] = 1;
  run("r", recipe(options));
  const auto model = SequenceModel::load(folder_ / "r/model");
  auto state = model.start();
  EXPECT_THROW(model.label(torch::zeros({2, 3})), UsageError);
  EXPECT_THROW(model.step(state, torch::zeros({3})), UsageError);
  EXPECT_THROW(model.states(torch::zeros({2, 3})), UsageError);
  EXPECT_THROW(model.label({"he", "saw", "it"}, "line 1", 2), InputError);
}

}  // namespace
}  // namespace cairn::rnn
