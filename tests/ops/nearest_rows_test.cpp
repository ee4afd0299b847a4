// Exact search against its definition, for every stored type, and at the edges.
#include "cairn/ops/nearest_rows.h"

#include <gtest/gtest.h>

#include "cairn/base/error.h"

namespace cairn::ops {
namespace {

TEST(NearestRows, AgreesWithItsDefinition) {
  torch::manual_seed(1);
  const auto rows = torch::randn({5000, 20}), queries = torch::randn({130, 20}), scale = torch::rand({5000}) + 0.5;
  const auto fast = nearest_rows(rows, scale, queries, 7), slow = nearest_rows_reference(rows, scale, queries, 7);
  EXPECT_TRUE(torch::equal(fast.index, slow.index));
  EXPECT_TRUE(torch::allclose(fast.score, slow.score, 1e-5, 1e-5));
  const auto one = nearest_rows(rows, scale, queries.narrow(0, 77, 1), 7);
  EXPECT_TRUE(torch::equal(one.index[0], fast.index[77]));
}

TEST(NearestRows, StoredTypesAreReadAsNumbers) {
  torch::manual_seed(2);
  const auto rows = torch::randint(-127, 128, {300, 16}, torch::kInt8), queries = torch::randn({5, 16});
  const auto scale = torch::ones({300});
  const auto expected = nearest_rows_reference(rows.to(torch::kFloat32), scale, queries, 3);
  for (const auto type : {torch::kInt8, torch::kFloat16, torch::kFloat32}) {
    EXPECT_TRUE(torch::equal(nearest_rows(rows.to(type), scale, queries, 3).index, expected.index)) << type;
  }
}

TEST(NearestRows, EqualScoresComeByIndexAndKIsCut) {
  const auto found = nearest_rows(torch::ones({40, 3}), torch::ones({40}), torch::ones({1, 3}), 100);
  EXPECT_TRUE(torch::equal(found.index[0], torch::arange(40)));
  EXPECT_EQ(nearest_rows(torch::ones({4, 3}), torch::ones({4}), torch::ones({0, 3}), 2).index.size(0), 0);
}

TEST(NearestRows, WrongShapesAreRefused) {
  const auto rows = torch::ones({4, 3}), scale = torch::ones({4});
  EXPECT_THROW(nearest_rows(rows, scale, torch::ones({1, 2}), 1), UsageError);
  EXPECT_THROW(nearest_rows(rows, torch::ones({3}), torch::ones({1, 3}), 1), UsageError);
  EXPECT_THROW(nearest_rows(rows, scale, torch::ones({1, 3}), 0), UsageError);
}

}  // namespace
}  // namespace cairn::ops
