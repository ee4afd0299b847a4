// Lines taken apart.
#include "cairn/text/columns.h"

#include <gtest/gtest.h>

namespace cairn::text {
namespace {

using Columns = std::vector<std::string>;

TEST(Columns, EmptyPiecesAreLeftOut) {
  EXPECT_EQ(columns_of(""), Columns());
  EXPECT_EQ(columns_of(" \t "), Columns());
  EXPECT_EQ(columns_of("cat"), Columns{"cat"});
  EXPECT_EQ(columns_of("\tthe  cat "), (Columns{"the", "cat"}));
  EXPECT_EQ(columns_of("0, 1\r", " ,\r"), (Columns{"0", "1"}));
}

}  // namespace
}  // namespace cairn::text
