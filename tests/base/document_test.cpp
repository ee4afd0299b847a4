// YAML in, types inferred, origins kept; and what is refused.
#include "cairn/base/document.h"

#include <gtest/gtest.h>

#include "cairn/base/error.h"

namespace cairn {
namespace {

Document parse(const std::string& text) {
  return Document::parse_yaml(text, "r.yaml");
}

std::string refusal(const std::string& text) {
  try {
    parse(text);
  } catch (const InputError& error) {
    return error.what();
  }
  return "nothing thrown";
}

TEST(Document, BytesThatAreNotUtf8AreRefusedWithTheirLine) {
  try {
    Document::parse_yaml("a: 1\nb: \xff\n", "r.yaml");
    FAIL();
  } catch (const InputError& error) {
    EXPECT_NE(std::string(error.what()).find("r.yaml:2"), std::string::npos) << error.what();
  }
}

TEST(Document, InfersTheTypesOfPlainScalars) {
  const Document d =
      parse("a: 1\nb: 1.0\nc: true\nd: null\ne: word\nf: 1e-3\ng: -7\nh: ~\ni:\nj: 1.2.3\nk: .\nl: inf\n");
  EXPECT_TRUE(d.at("a").is_number_integer());
  EXPECT_TRUE(d.at("b").is_number_float());
  EXPECT_EQ(d.at("c"), true);
  for (const char* key : {"d", "h", "i"}) EXPECT_TRUE(d.at(key).is_null()) << key;
  for (const char* key : {"e", "j", "k", "l"}) EXPECT_TRUE(d.at(key).is_string()) << key;
  EXPECT_EQ(d.at("f"), 1e-3);
  EXPECT_EQ(d.at("g"), -7);
}

TEST(Document, QuotedScalarsStayText) {
  const Document d = parse("a: '1'\nb: \"true\"\nc: ''\nd: 'null'\n");
  EXPECT_EQ(d.at("a"), "1");
  EXPECT_EQ(d.at("b"), "true");
  EXPECT_EQ(d.at("c"), "");
  EXPECT_EQ(d.at("d"), "null");
}

TEST(Document, EmptyFileIsAnEmptyDocument) {
  EXPECT_TRUE(parse("").values().empty());
  EXPECT_TRUE(parse("# only a comment\n").values().empty());
}

TEST(Document, RemembersLines) {
  const Document d = parse("model:\n  hidden: 5\n\ntrain:\n  lr: 0.1\n");
  EXPECT_EQ(d.origin("model.hidden").text(), "r.yaml:2");
  EXPECT_EQ(d.origin("train.lr").line, 5);
  EXPECT_EQ(d.section("train").origin("lr").text(), "r.yaml:5");
  EXPECT_TRUE(d.section("absent").values().is_object());
}

TEST(Document, RefusesWhatIsNotPlainSections) {
  EXPECT_NE(refusal("a: 1\nb: 2\na: 3\n").find("[r.yaml:3] key 'a' stands here twice"), std::string::npos);
  EXPECT_NE(refusal("a: &x 1\n").find("anchor or alias"), std::string::npos);
  EXPECT_NE(refusal("a: [&x 1, *x]\n").find("anchor or alias"), std::string::npos);
  EXPECT_NE(refusal("a: {b: &x {}}\n").find("anchor or alias"), std::string::npos);
  EXPECT_NE(refusal("a: *b\n").find("r.yaml:1"), std::string::npos);
  EXPECT_NE(refusal("- 1\n").find("expected sections"), std::string::npos);
  EXPECT_NE(refusal("{a: 1}: 2\n").find("not a name"), std::string::npos);
  EXPECT_NE(refusal("a: [1, 2\nb: 3\n").find("r.yaml:"), std::string::npos);
  EXPECT_NE(refusal("a: " + std::string(40, '[') + std::string(40, ']')).find("nested deeper"), std::string::npos);
  EXPECT_NE(refusal("a: " + std::string(100000, '[')).find("r.yaml:"), std::string::npos);
}

TEST(Document, StarsInTextAreNoAliases) {
  EXPECT_EQ(parse("a: |\n  * one\n  & two\n").at("a"), "* one\n& two\n");
}

TEST(Document, OverridesAreParsedAsYaml) {
  Document d = parse("train:\n  lr: 0.1\n");
  d.override_with("train.lr=1");
  d.override_with("model.layers=[1, 2]");
  d.override_with("model.name='7'");
  d.override_with("model.none=");
  d.override_with("data.train=-");
  EXPECT_EQ(d.at("train.lr"), 1);
  EXPECT_EQ(d.at("model.layers"), Json({1, 2}));
  EXPECT_EQ(d.at("model.name"), "7");
  EXPECT_TRUE(d.at("model.none").is_null());
  EXPECT_EQ(d.at("data.train"), "-");
  EXPECT_EQ(d.origin("train.lr").text(), "command line");
  EXPECT_THROW(d.override_with("train.lr"), UsageError);
  EXPECT_THROW(d.override_with("=1"), UsageError);
  EXPECT_THROW(d.at("model.absent"), UsageError);
}

TEST(Document, YamlReadsBackTheSame) {
  const Json values = {{"a", {{"b", 0.1}, {"c", "1"}, {"d", Json::array({1, "x: y", true})}, {"e", nullptr}}},
                       {"f", ""},
                       {"g", "two\nlines # not a comment"},
                       {"h", Json::object()}};
  const Document written(values, "here");
  EXPECT_EQ(parse(written.to_yaml()).values(), values) << written.to_yaml();
}

TEST(Document, AbsentFileIsTheEnvironmentsFault) {
  EXPECT_THROW(Document::read_yaml("/nonexistent/recipe.yaml"), EnvironmentError);
}

}  // namespace
}  // namespace cairn
