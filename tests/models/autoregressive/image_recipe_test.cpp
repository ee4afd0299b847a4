// The small recipes of image models learn what they should in the seconds they take.
#include "cairn/io/temporary_folder.h"
#include "cairn/models/autoregressive/autoregressive_task.h"
#include "cairn/train/run_folder.h"
#include "cairn/train/trainer.h"
#include "small_models.h"

namespace cairn::autoregressive {
namespace {

class ImageRecipe : public testing::TestWithParam<std::string> {};

TEST_P(ImageRecipe, ReachesItsLoss) {
  const io::TemporaryFolder temporary;
  const auto recipe = train::load_recipe("autoregressive/" + GetParam(), {"data.test=''"});
  const auto task = make_task(recipe);
  auto folder = train::RunFolder::create({.path = temporary.path() / "run", .recipe = recipe, .command = "test"});
  const auto result = train::Trainer(train::read_train_config(recipe.document)).run(*task, folder);
  double nll = 1e9;
  for (const auto& [name, value] : result.metrics) {
    if (name == "valid.nll") nll = value;
  }
  EXPECT_LT(nll, 100);  // an independent Bernoulli for each pixel: above 150
}

INSTANTIATE_TEST_SUITE_P(Tiny, ImageRecipe,
                         testing::Values("pixelcnn_tiny", "gated_pixelcnn_tiny", "row_lstm_tiny",
                                         "diagonal_bilstm_tiny"),
                         [](const auto& test) { return test.param; });

}  // namespace
}  // namespace cairn::autoregressive
