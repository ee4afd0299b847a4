// Pages: escaping, self-containedness, and what the parts make.
#include "cairn/vision/page.h"

#include <gtest/gtest.h>
#include <torch/types.h>
#include <fstream>
#include <sstream>

#include "cairn/base/error.h"
#include "cairn/vision/html.h"

using namespace cairn;
using vision::Page;

namespace {

Page full_page() {
  Page page("A <title>", "sub & title");
  page.tiles({{"nll", "88.31"}}).heading("One").paragraph("a < b").note("n").facts({{"cores", "2"}});
  page.heading("Two").table({.header = {"name", "value"}, .rows = {{"x", "1.5"}, {"y", "-2e-3"}}});
  page.heading("Three").code({.text = "lr: <0.1>", .caption = "recipe", .folded = true});
  page.images({{.pixels = torch::full({2, 3}, 9, torch::kUInt8), .caption = "\"digits\"", .scale = 4}});
  page.charts({{.title = "loss", .series = {{"train", {1, 2}, {3, 4}}}}});
  return page;
}

}  // namespace

TEST(Html, EscapesEveryCharacterThatMatters) {
  EXPECT_EQ(vision::escape_html("<a b='\"'>&"), "&lt;a b=&#39;&quot;&#39;&gt;&amp;");
}

TEST(Html, Base64OfThePublishedExamples) {
  const std::vector<std::pair<std::string, std::string>> examples{
      {"", ""}, {"f", "Zg=="}, {"fo", "Zm8="}, {"foo", "Zm9v"}, {"foobar", "Zm9vYmFy"}};
  for (const auto& [text, encoded] : examples) EXPECT_EQ(vision::base64(text), encoded);
  EXPECT_EQ(vision::base64("\xff\xfe\xfd"), "//79");
}

TEST(Page, NamesNoOutsideResource) {
  const std::string html = full_page().html();
  for (const char* outside : {"http:", "https:", "//fonts", "<script", "@import", "<link rel=\"stylesheet"}) {
    EXPECT_EQ(html.find(outside), std::string::npos) << outside;
  }
  EXPECT_NE(html.find("data:image/png;base64,iVBOR"), std::string::npos);
}

TEST(Page, EscapesAllText) {
  const std::string html = full_page().html();
  for (const char* escaped :
       {"A &lt;title&gt;", "sub &amp; title", "a &lt; b", "lr: &lt;0.1&gt;", "&quot;digits&quot;"}) {
    EXPECT_NE(html.find(escaped), std::string::npos) << escaped;
  }
  EXPECT_EQ(html.find("A <title>"), std::string::npos);
}

TEST(Page, LinksItsSections) {
  const std::string html = full_page().html();
  EXPECT_NE(html.find("<a href=\"#s2\">Two</a>"), std::string::npos);
  EXPECT_NE(html.find("<h2 id=\"s2\">Two</h2>"), std::string::npos);
  EXPECT_EQ(Page("t").heading("only").html().find("<nav>"), std::string::npos);
}

TEST(Page, NumbersAreSetFlushRight) {
  const std::string html = full_page().html();
  EXPECT_NE(html.find("<td>x</td><td class=\"n\">1.5</td>"), std::string::npos);
}

TEST(Page, PicturesKeepTheirPixelsSharp) {
  const std::string html = full_page().html();
  EXPECT_NE(html.find("class=\"sharp\" width=\"12\" height=\"8\""), std::string::npos);
}

TEST(Page, AFilmIsOneImageOfAllFramesMovedInSteps) {
  Page page("t");
  page.film({.frames = torch::zeros({5, 2, 6}, torch::kUInt8), .caption = "five", .scale = 3, .seconds = 2});
  const std::string html = page.html();
  EXPECT_NE(html.find("width:18px;aspect-ratio:6/2;animation-duration:2.0s"), std::string::npos);
  EXPECT_NE(html.find("steps(5,jump-none);background-image:url(data:image/png;base64,"), std::string::npos);
  EXPECT_NE(html.find("@keyframes film"), std::string::npos);
  EXPECT_THROW(page.film({.frames = torch::zeros({2, 6}, torch::kUInt8)}), UsageError);
}

TEST(Page, RefusesUnevenTablesAndNonImages) {
  EXPECT_THROW(Page("t").table({.header = {"a", "b"}, .rows = {{"1"}}}), UsageError);
  EXPECT_THROW(Page("t").image({.pixels = torch::zeros({2, 2})}), UsageError);
}

TEST(Page, WritesWhatHtmlReturns) {
  const auto path = std::filesystem::temp_directory_path() / "cairn_page_test.html";
  const Page page = full_page();
  page.write(path);
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  EXPECT_EQ(text.str(), page.html());
  std::filesystem::remove(path);
}
