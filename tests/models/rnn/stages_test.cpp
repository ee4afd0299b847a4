// Stages: which there are, the states that they leave, and the same bytes under a memory budget.
#include "cairn/base/error.h"
#include "cairn/io/atomic_file.h"
#include "cairn/models/rnn/sequence_network.h"
#include "cairn/train/carried_state.h"
#include "tests/models/rnn/small_data.h"

namespace cairn::rnn {
namespace {

class Stages : public WithFolder {
 protected:
  static Json noisy() {
    return {{"layers", 3},           {"hidden", 12},
            {"dropout_input", 0.2},  {"dropout_hidden", 0.3},
            {"dropout_output", 0.2}, {"weight_drop", 0.2},
            {"zoneout", 0.1},        {"activation_penalty", 1},
            {"temporal_penalty", 1}, {"dropout_embedding", 0.1}};
  }
  Json language() const {
    const std::string train = text("t", "to be or not to be\nthat is the question\nwhether tis nobler\n");
    Json model = noisy();
    model["tied"] = true;
    return {{"system", "rnn"},
            {"model", model},
            {"data", {{"train", train}, {"steps", 6}, {"tokens", "character"}}},
            {"train", {{"batch", 3}, {"lr", 0.02}, {"steps", 7}}}};
  }
  Json labelling() const {
    torch::manual_seed(3);
    for (int k = 0; k < 6; ++k) {
      sequence("set", cat("s", k), torch::randn({50 + k, 4}), torch::randint(3, {50 + k}, torch::kInt64));
    }
    Json model = noisy();
    model.erase("dropout_embedding");
    model.update({{"task", "sequence_labeling"}, {"cell", "gru"}, {"bidirectional", true}});
    return {{"system", "rnn"},
            {"model", model},
            {"data", {{"train", at("set")}, {"steps", 30}}},
            {"train", {{"batch", 6}, {"lr", 0.02}, {"steps", 6}}}};
  }
  std::string trained(const std::string& name, Json values, const std::string& budget) const {
    values["train"]["memory_budget"] = budget;
    run(name, recipe(values));
    return io::read_file(at(name) + "/model/model.safetensors", 1 << 24);
  }
};

TEST_F(Stages, ABudgetChangesNoByte) {
  const Json language = this->language(), labelling = this->labelling();
  EXPECT_EQ(trained("language-small", language, "130kB"), trained("language", language, ""));
  EXPECT_EQ(trained("labelling-small", labelling, "0.85"), trained("labelling", labelling, ""));
}

TEST_F(Stages, OneForTheInputEachLayerAndTheLoss) {
  const auto task = make_task(recipe(language()));
  task->network().train();
  const auto batch = task->stream(3, RandomStream(1, "x"))->next();
  const auto staged = task->stages(batch, {.step = 0, .micro = 0, .random = RandomStream(1, "step")});
  ASSERT_TRUE(staged);
  EXPECT_EQ(staged->names, (std::vector<std::string>{"loss", "nll"}));
  std::vector<std::string> names;
  for (size_t l = 1; l <= staged->chain.size(); ++l) names.push_back(staged->chain.stage(l).name);
  EXPECT_EQ(names, (std::vector<std::string>{"input", "layer 1", "layer 2", "layer 3", "loss"}));
  torch::manual_seed(1);
  const auto first = staged->chain.forward(staged->input);
  torch::manual_seed(1);
  EXPECT_TRUE(torch::equal(staged->chain.forward(staged->input)[0], first[0])) << "a stage is no plain function";
}

TEST_F(Stages, TheStateOfAWindowsEndIsCarriedOn) {
  Json values = language();
  values["model"] = {{"layers", 2}, {"hidden", 5}};
  const auto task = make_task(recipe(values));
  const auto stream = task->stream(3, RandomStream(1, "x"));
  auto& network = dynamic_cast<SequenceNetwork&>(task->network());
  StackState state = network.stack().zero_state(3);
  for (int window = 0; window < 2; ++window) {
    const auto batch = stream->next();
    task->losses(batch, {.step = window, .micro = 0, .random = RandomStream(1, "step")});
    state = network.forward(batch["x"], state).last;
    const auto carried = dynamic_cast<train::CarriedState&>(*task).carried();
    for (size_t k = 0; k < state.size(); ++k) {
      EXPECT_TRUE(torch::equal(carried.at(cat("h", k)), state[k].h));
      EXPECT_TRUE(torch::equal(carried.at(cat("c", k)), state[k].c));
    }
  }
}

}  // namespace
}  // namespace cairn::rnn
