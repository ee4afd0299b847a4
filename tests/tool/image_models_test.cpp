// Image density models through the tool: killed at random instants they end in the same bytes.
#include <gtest/gtest.h>

#include "tool.h"

namespace cairn::testing {
namespace {

class ToolImageModels : public ::testing::TestWithParam<const char*> {};

TEST_P(ToolImageModels, KilledAtRandomInstantsTheyEndInTheSameBytes) {
  const Sandbox sandbox;
  const auto train = [](const std::string& run) {
    return std::vector<std::string>{"train",          std::string("autoregressive/") + GetParam(),
                                    "--run",          run,
                                    "--quiet",        "train.epochs=1000",
                                    "train.steps=8",  "train.batch=20",
                                    "data.limit=100", "train.checkpoint_every=1 steps",
                                    "--threads",      "2"};
  };
  const Outcome whole = sandbox.cairn(train("whole"));
  ASSERT_EQ(whole.exit_code, 0) << whole.err;
  expect_same_bytes_when_killed(sandbox, "whole", train);
}

INSTANTIATE_TEST_SUITE_P(Kinds, ToolImageModels,
                         ::testing::Values("pixelcnn_tiny", "gated_pixelcnn_tiny", "row_lstm_tiny",
                                           "diagonal_bilstm_tiny"));

}  // namespace
}  // namespace cairn::testing
