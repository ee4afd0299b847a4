// Charts: axes, gaps, thinning, and what a hostile or empty input does.
#include "cairn/vision/chart.h"

#include <gtest/gtest.h>
#include <cmath>
#include <limits>

#include "cairn/base/error.h"
#include "cairn/vision/axis.h"

using namespace cairn::vision;

namespace {

const double not_a_number = std::numeric_limits<double>::quiet_NaN();

std::vector<std::string> texts(const Axis& axis) {
  std::vector<std::string> texts;
  for (const Tick& tick : axis.ticks()) texts.push_back(tick.text);
  return texts;
}

size_t count_of(const std::string& text, const std::string& part) {
  size_t count = 0;
  for (size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++count;
  return count;
}

}  // namespace

TEST(Axis, TicksAreRoundNumbers) {
  EXPECT_EQ(texts(Axis::linear(0, 10, true)), (std::vector<std::string>{"0", "2", "4", "6", "8", "10"}));
  EXPECT_EQ(texts(Axis::linear(0.02, 0.99, true)),
            (std::vector<std::string>{"0.0", "0.2", "0.4", "0.6", "0.8", "1.0"}));
  EXPECT_EQ(texts(Axis::linear(0, 50000, false)), (std::vector<std::string>{"0", "10k", "20k", "30k", "40k", "50k"}));
  EXPECT_EQ(texts(Axis::logarithmic(1, 1000)), (std::vector<std::string>{"1", "10", "100", "1000"}));
}

TEST(Axis, PlacesEndsAtZeroAndOne) {
  const Axis linear = Axis::linear(3, 7, false);
  EXPECT_DOUBLE_EQ(linear.place(3), 0);
  EXPECT_DOUBLE_EQ(linear.place(7), 1);
  EXPECT_NEAR(Axis::logarithmic(1, 100).place(10), 0.5, 1e-12);
}

TEST(Axis, OneValueStillHasARange) {
  const Axis axis = Axis::linear(5, 5, true);
  EXPECT_GE(axis.ticks().size(), 2u);
  EXPECT_TRUE(std::isfinite(axis.place(5)));
  EXPECT_TRUE(std::isfinite(Axis::linear(0, 0, true).place(0)));
}

TEST(Axis, ReadableNumbers) {
  EXPECT_EQ(readable(88.3142), "88.314");
  EXPECT_EQ(readable(1234567), "1,234,567");
  EXPECT_EQ(readable(-1234), "-1,234");
  EXPECT_EQ(readable(-123), "-123");
  EXPECT_EQ(readable(0.97123), "0.9712");
  EXPECT_EQ(readable(1.5e-7), "1.5e-07");
  EXPECT_EQ(readable(not_a_number), "not a number");
}

TEST(Chart, OneCurveASeriesAndItsLastValue) {
  const std::string svg =
      render({.title = "loss", .series = {{"train", {1, 2, 3}, {3, 2, 1.5}}, {"valid", {1, 3}, {4, 2.25}}}});
  EXPECT_EQ(count_of(svg, "<polyline"), 2u);
  EXPECT_NE(svg.find("train <b>1.500</b>"), std::string::npos);
  EXPECT_NE(svg.find("valid <b>2.250</b>"), std::string::npos);
}

TEST(Chart, ValuesThatAreNotFiniteLeaveAGap) {
  const std::string svg = render({.title = "loss", .series = {{"train", {1, 2, 3, 4, 5}, {3, 2, not_a_number, 1, 2}}}});
  EXPECT_EQ(count_of(svg, "<polyline"), 2u);
  EXPECT_EQ(svg.find("nan"), std::string::npos);
}

TEST(Chart, NothingAndOnePoint) {
  EXPECT_NE(render(LineChart{.title = "loss"}).find("No values yet"), std::string::npos);
  EXPECT_NE(render({.title = "loss", .series = {{"a", {1}, {not_a_number}}}}).find("No values yet"), std::string::npos);
  EXPECT_NE(render({.title = "loss", .series = {{"a", {1}, {2}}}}).find("<circle"), std::string::npos);
  EXPECT_NE(render({.title = "loss", .series = {{"a", {0}, {2}}}, .log_x = true}).find("No values yet"),
            std::string::npos);
}

TEST(Chart, TextIsEscaped) {
  const std::string svg = render({.title = "<b>&", .unit = "\"", .series = {{"<script>", {1, 2}, {1, 2}}}});
  EXPECT_EQ(svg.find("<script>"), std::string::npos);
  EXPECT_NE(svg.find("&lt;b&gt;&amp;"), std::string::npos);
}

TEST(Chart, RefusesUnevenSeries) {
  EXPECT_THROW(render({.series = {{"a", {1, 2}, {1}}}}), cairn::UsageError);
  EXPECT_THROW(render({.series = {{"a", {1, 2}, {1, 2}, {1}, {2}}}}), cairn::UsageError);
}

TEST(Chart, ThinningKeepsMeansAndExtremes) {
  Series series{"a", {}, {}};
  for (int i = 0; i < 1000; ++i) {
    series.x.push_back(i);
    series.y.push_back(i % 10);
  }
  const Series thin = thinned(series, 100);
  ASSERT_EQ(thin.x.size(), 100u);
  EXPECT_DOUBLE_EQ(thin.y[7], 4.5);
  EXPECT_DOUBLE_EQ(thin.low[7], 0);
  EXPECT_DOUBLE_EQ(thin.high[7], 9);
  EXPECT_DOUBLE_EQ(thin.x[0], 4.5);
  EXPECT_EQ(thinned(series, 1000).y, series.y);
}

TEST(LineChart, FromZeroFlatLooksFlat) {
  LineChart chart{.title = "memory", .series = {{.name = "held", .x = {1, 2, 3}, .y = {152.62, 152.6, 152.6}}}};
  EXPECT_EQ(render(chart).find(">0</text>"), std::string::npos);
  chart.from_zero = true;
  EXPECT_NE(render(chart).find(">0</text>"), std::string::npos);
}

TEST(Chart, BarsAreSharesOfTheLongest) {
  const std::string bars =
      render({.title = "nll", .unit = "nats", .bars = {{"NADE", 50}, {"Bernoulli", 200}}, .highlight = "NADE"});
  EXPECT_NE(bars.find("class=\"c1\" style=\"width:25.00%\""), std::string::npos);
  EXPECT_NE(bars.find("class=\"plain\" style=\"width:100.00%\""), std::string::npos);
}
