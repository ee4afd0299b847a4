// Language models end to end: counting, resuming to the same bytes with the state carried on, a source whose entropy is
// known, scores that no neighbour changes, and what is refused.
#include <cmath>
#include <numeric>

#include "cairn/base/error.h"
#include "cairn/io/atomic_file.h"
#include "cairn/models/rnn/rnn_pipeline.h"
#include "tests/models/rnn/small_data.h"

namespace cairn::rnn {
namespace {

class Language : public WithFolder {
 protected:
  Json values(const std::string& train, const Json& train_section = {{"steps", 6}}) const {
    Json section = {
        {"batch", 3}, {"lr", 0.02}, {"log_every", 1}, {"checkpoint_every", "2 steps"}, {"evaluate_every", "3 steps"}};
    section.update(train_section);
    return {{"system", "rnn"},
            {"model", {{"layers", 2}, {"hidden", 8}, {"dropout_output", 0.2}, {"weight_drop", 0.2}, {"zoneout", 0.1}}},
            {"data", {{"train", train}, {"valid", train}, {"test", train}, {"steps", 4}, {"tokens", "character"}}},
            {"train", section}};
  }
  static std::string bytes(const std::filesystem::path& path) { return io::read_file(path, 1 << 24); }
};

const char* const kText = "to be or not to be\nthat is the question\nwhether tis nobler\n";

TEST_F(Language, EveryTokenIsPredictedAndCounted) {
  const auto task = make_task(recipe(values(text("t", kText))));
  const auto evaluation = task->evaluate({.split = data::Split::test, .final = true});
  EXPECT_EQ(evaluation.count, static_cast<int64_t>(std::string(kText).size()));
  EXPECT_NEAR(evaluation.metrics[1].second, std::exp(evaluation.metrics[0].second), 1e-9);
  EXPECT_EQ(task->evaluate({.split = data::Split::test, .limit = 10, .final = true}).count, 10);
}

TEST_F(Language, AResumedRunEndsInTheSameBytes) {
  const auto train = text("t", kText);
  run("whole", recipe(values(train, {{"steps", 13}})));
  for (const int first : {1, 6, 12}) {  // the text ends and begins anew after 5 steps
    const std::string name = cat("cut-", first);
    run(name, recipe(values(train, {{"steps", first}})));
    auto folder = train::RunFolder::open(at(name));
    train::prepare_resume(folder, {.overrides = {"train.steps=13"}});
    go_on(folder);
    EXPECT_EQ(bytes(at("whole") + "/model/model.safetensors"), bytes(at(name) + "/model/model.safetensors")) << first;
  }
}

TEST_F(Language, CheckpointsAreModelsToo) {
  run("r", recipe(values(text("t", kText))));
  const auto model = SequenceModel::load(folder_ / "r/checkpoints/step-6");
  EXPECT_EQ(model.score({"to be"})[0].tokens, 6);
}

/// Symbols a .. d, each drawn given the two before it.
struct MarkovSource {
  static constexpr int64_t kSymbols = 4;
  torch::Tensor p = torch::softmax(1.5 * torch::randn({kSymbols, kSymbols, kSymbols}, torch::kFloat64), 2);

  std::string draw(int64_t count, RandomStream random) const {
    const auto value = p.accessor<double, 3>();
    std::string text;
    int64_t a = 0, b = 0;
    for (int64_t n = 0; n < count; ++n) {
      double u = random.uniform();
      int64_t c = 0;
      while (c + 1 < kSymbols && (u -= value[a][b][c]) >= 0) ++c;
      text += c == 0 ? '\n' : static_cast<char>('a' + c);
      a = b;
      b = c;
    }
    return text;
  }
  /// Nats a symbol, from the stationary distribution of pairs.
  double entropy() const {
    auto pairs = torch::full({kSymbols, kSymbols}, 1.0 / (kSymbols * kSymbols), torch::kFloat64);
    for (int k = 0; k < 1000; ++k) pairs = (pairs.unsqueeze(2) * p).sum(0);
    return -(pairs.unsqueeze(2) * p * p.log()).sum().item<double>();
  }
};

TEST_F(Language, LearnsASourceOfKnownEntropy) {
  torch::manual_seed(12);
  const MarkovSource source;
  const int64_t held_out = 20000;
  Json options = values(text("train", source.draw(60000, RandomStream(1, "train"))));
  options["model"] = {{"layers", 1}, {"hidden", 16}, {"embedding", 4}};
  options["data"]["valid"] = options["data"]["test"] = text("test", source.draw(held_out, RandomStream(2, "test")));
  options["data"]["steps"] = 25;
  options["train"] = {{"epochs", 3}, {"batch", 20}, {"lr", 0.02}, {"schedule", "cosine"}, {"clip", 1}};
  const double nll = metric(run("r", recipe(options)), "test.nll"), entropy = source.entropy();
  const double sigma = 1 / std::sqrt(static_cast<double>(held_out));  // deviation of -log p is below 1 nat here
  EXPECT_LT(nll, entropy + 0.02);
  EXPECT_GT(nll, entropy - 3 * sigma);
}

class TrainedLanguage : public Language {
 protected:
  void SetUp() override {
    Language::SetUp();
    run("r", recipe(values(text("t", kText))));
    model_.emplace(SequenceModel::load(folder_ / "r/model"));
  }
  std::optional<SequenceModel> model_;
};

TEST_F(TrainedLanguage, ALineScoresTheSameBitsAmongAnyOthers) {
  const std::vector<std::string> lines{"to be", "question", "", "the whether the", "to be"};
  const auto together = model_->score(lines);
  ASSERT_EQ(together.size(), 5u);
  EXPECT_EQ(together[2].tokens, 1) << "an empty line is its end alone";
  EXPECT_EQ(together[0].log_probability, together[4].log_probability);
  for (size_t k = 0; k < lines.size(); ++k) {
    const auto alone = model_->score({lines[k]});
    EXPECT_EQ(alone[0].log_probability, together[k].log_probability) << lines[k];
    EXPECT_LT(together[k].log_probability, 0);
  }
  EXPECT_TRUE(model_->score({}).empty());
}

TEST_F(TrainedLanguage, AScoreIsTheSumOfItsSteps) {
  const std::string line = "not to be";
  auto state = model_->start();
  const auto tokenizer = text::Tokenizer::read(folder_ / "r/model");
  std::vector<int64_t> ids;
  tokenizer.encode(line, "", ids);
  ids.push_back(tokenizer.line_end());
  double sum = 0;
  int64_t before = tokenizer.line_end();
  for (const int64_t id : ids) {
    sum += std::log(model_->step(state, before)[id].item<double>());
    before = id;
  }
  EXPECT_NEAR(model_->score({line})[0].log_probability, sum, 1e-4);
  const auto nats = model_->surprise(line + "\n");
  EXPECT_NEAR(-std::accumulate(nats.begin(), nats.end(), 0.0), sum, 1e-4);
}

TEST_F(TrainedLanguage, SamplesDependOnTheSeedAlone) {
  const auto text = model_->sample({.prefix = "to ", .length = 40, .seed = 3});
  EXPECT_TRUE(text.starts_with("to "));
  EXPECT_EQ(text.size(), 43u);
  EXPECT_EQ(text, model_->sample({.prefix = "to ", .length = 40, .seed = 3}));
  EXPECT_NE(text, model_->sample({.prefix = "to ", .length = 40, .seed = 4}));
  EXPECT_EQ(text.substr(0, 23), model_->sample({.prefix = "to ", .length = 20, .seed = 3}));
}

TEST_F(TrainedLanguage, RefusesBadInput) {
  const auto refused = [](const auto& call, const std::string& part) {
    try {
      call();
      ADD_FAILURE() << "took it; expected " << part;
    } catch (const Error& error) {
      EXPECT_NE(std::string(error.what()).find(part), std::string::npos) << error.what();
    }
  };
  refused([&] { model_->score({"to be", "not 2 be"}); }, "line 2");
  refused([&] { model_->score({"to be or"}, 4); }, "got 8 tokens, expected at most 4");
  refused([&] { model_->sample({.temperature = -1}); }, "temperature");
  refused([&] { model_->sample({.prefix = "~"}); }, "'~'");
  refused([&] { model_->label(torch::zeros({2, 3})); }, "task language_model");
  auto state = model_->start();
  refused([&] { model_->step(state, int64_t{1000}); }, "token 1000");
  refused([&] { make_task(recipe(values(text("empty", "")))); }, "no line");
  refused([&] { make_task(recipe(values(text("short", "a\n"))))->stream(3, RandomStream(1, "x")); }, "rows of a batch");
}

}  // namespace
}  // namespace cairn::rnn
