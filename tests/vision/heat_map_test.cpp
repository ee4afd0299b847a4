// Heat maps: a square for each pair of names, as full as its share.
#include "cairn/vision/heat_map.h"

#include <gtest/gtest.h>

#include "cairn/base/error.h"

namespace cairn::vision {
namespace {

TEST(HeatMap, DrawsASquareForEachPair) {
  const auto html = render(HeatMap{.title = "a < b",
                                   .rows = {"ein", "Hund"},
                                   .columns = {"a", "dog", "</s>"},
                                   .shares = {{1, 0, 0}, {0, 0.75, 0.25}}});
  size_t squares = 0;
  for (size_t at = html.find("<rect"); at != std::string::npos; at = html.find("<rect", at + 1)) ++squares;
  EXPECT_EQ(squares, 6U);
  EXPECT_NE(html.find("fill-opacity=\"0.750\"><title>Hund / dog: 0.750"), std::string::npos) << html;
  EXPECT_NE(html.find("a &lt; b"), std::string::npos);
  EXPECT_NE(html.find(">&lt;/s&gt;</text>"), std::string::npos);
}

TEST(HeatMap, RefusesAnotherShape) {
  EXPECT_THROW(render(HeatMap{.rows = {"r"}, .columns = {"c"}, .shares = {{1, 0}}}), UsageError);
  EXPECT_THROW(render(HeatMap{.rows = {"r"}, .columns = {}, .shares = {}}), UsageError);
  EXPECT_NE(render(HeatMap{}).find("<svg"), std::string::npos);
}

}  // namespace
}  // namespace cairn::vision
