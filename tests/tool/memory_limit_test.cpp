// A network that does not fit into the address space that the process may have trains under a memory budget.
#include <gtest/gtest.h>

#include "cairn/base/error.h"
#include "tool.h"

namespace cairn::testing {
namespace {

class MemoryLimit : public ::testing::Test {
 protected:
  /// Trains MADE with 150 hidden layers; `limit` in kB, 0 for none.
  Outcome train(int64_t limit, const std::string& run, const std::string& options) const {
    std::string hidden = "[100";
    for (int i = 1; i < 150; ++i) hidden += ",100";
    const std::string ulimit = limit > 0 ? cat("ulimit -v ", limit, "; ") : "";
    return sandbox.shell(cat(ulimit, "cairn train autoregressive/tiny model.kind=made 'model.hidden=", hidden,
                             "]' data.limit=0 train.steps=2 --threads 1 --quiet --json --run ", run, " ", options));
  }

  bool is_refused(int64_t limit) const { return train(limit, cat("limit", limit), "train.batch=4000").exit_code != 0; }

  /// The most, to 64 MB, under which training without a budget is refused. What the program itself needs differs
  /// between processors, so no number would do.
  int64_t refusing_limit() const {
    int64_t enough = 1 << 20;
    while (is_refused(enough)) enough *= 2;
    int64_t refuses = enough / 2;
    while (enough - refuses > 64 << 10) {
      const int64_t limit = (refuses + enough) / 2;
      (is_refused(limit) ? refuses : enough) = limit;
    }
    return refuses;
  }

  Sandbox sandbox;
};

TEST_F(MemoryLimit, TrainsUnderABudgetWhatDoesNotFitWithout) {
  const Outcome whole = train(0, "whole", "train.batch=4000");
  ASSERT_EQ(whole.exit_code, 0) << whole.err;

  const int64_t limit = refusing_limit();
  const Outcome refused = train(limit, "refused", "train.batch=4000");
  EXPECT_EQ(refused.exit_code, 1);
  EXPECT_NE(refused.err.find("[memory] got a tensor of"), std::string::npos) << refused.err;
  EXPECT_NE(refused.err.find("train.memory_budget"), std::string::npos) << refused.err;

  const Outcome budget = train(limit, "budget", "train.batch=4000 train.memory_budget=160MB");
  ASSERT_EQ(budget.exit_code, 0) << budget.err;
  EXPECT_EQ(budget.json()["metrics"], whole.json()["metrics"]);
  EXPECT_EQ(sandbox.read("budget/model/model.safetensors"), sandbox.read("whole/model/model.safetensors"));
}

}  // namespace
}  // namespace cairn::testing
