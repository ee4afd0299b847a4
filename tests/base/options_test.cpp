// Options declared once: what reading sets, and what it refuses with name, file and line.
#include "cairn/base/options.h"

#include <gtest/gtest.h>

#include "cairn/base/error.h"

namespace cairn {
namespace {

struct Config {
  int64_t hidden = 500;
  double rate = 0.1;
  bool direct = false;
  std::string order = "natural";
  std::string data = "digits";
  std::vector<int64_t> layers{};
  std::optional<double> clip{};

  void fields(Fields& f) {
    f("hidden", hidden, "units in the hidden layer", at_least(1));
    f("rate", rate, "step size", between(0, 1));
    f("direct", direct, "connect input and output");
    f("order", order, "order of the variables", one_of({"natural", "random"}));
    f("data", data, "training set");
    f("layers", layers, "units a layer", each(at_least(1)));
    f("clip", clip, "largest gradient norm", at_least(0));
  }
};

Config read(const std::string& text) {
  return read_options<Config>(Document::parse_yaml(text, "r.yaml"), "model");
}

std::string refusal(const std::string& text) {
  try {
    read(text);
  } catch (const UsageError& error) {
    return error.what();
  }
  return "nothing thrown";
}

TEST(Options, DefaultsHoldWhereNothingIsSaid) {
  EXPECT_EQ(read("").hidden, 500);
  EXPECT_EQ(read("model:\n").hidden, 500);
  EXPECT_EQ(read("other: {x: 1}\n").hidden, 500);
}

TEST(Options, ReadsEachType) {
  const Config c = read("model: {hidden: 7, rate: 1, direct: true, order: random, layers: [2, 3], clip: 2.5}\n");
  EXPECT_EQ(c.hidden, 7);
  EXPECT_EQ(c.rate, 1.0);  // an integer is a number too
  EXPECT_TRUE(c.direct);
  EXPECT_EQ(c.order, "random");
  EXPECT_EQ(c.layers, (std::vector<int64_t>{2, 3}));
  EXPECT_EQ(c.clip, 2.5);
  EXPECT_FALSE(read("model: {clip: null}\n").clip);
  EXPECT_EQ(read("model:\n  data:\n").data, "");
}

TEST(Options, UnknownKeyNamesTheNearestAndTheLine) {
  EXPECT_EQ(refusal("model:\n  hiden: 3\n"), "[r.yaml:2: model.hiden] unknown key (did you mean 'hidden'?)");
  EXPECT_EQ(refusal("model:\n  zzzzzzzzzz: 3\n"), "[r.yaml:2: model.zzzzzzzzzz] unknown key");
}

TEST(Options, WrongTypesAreRefused) {
  EXPECT_EQ(refusal("model:\n  hidden: 0.5\n"), "[r.yaml:2: model.hidden] got 0.5, expected integer");
  EXPECT_EQ(refusal("model:\n  hidden: '5'\n"), "[r.yaml:2: model.hidden] got \"5\", expected integer");
  for (const char* wrong : {"hidden: true", "hidden: null", "hidden: 5.0", "rate: fast", "direct: 1", "order: 3",
                            "layers: 3", "layers: [1, 2.5]", "clip: x"}) {
    EXPECT_NE(refusal(std::string("model:\n  ") + wrong + "\n").find("[r.yaml:2: model."), std::string::npos) << wrong;
  }
  EXPECT_NE(refusal("model: 3\n").find("expected a section"), std::string::npos);
}

TEST(Options, RulesAreKept) {
  EXPECT_EQ(refusal("model:\n  hidden: 0\n"), "[r.yaml:2: model.hidden] got 0, expected a number >= 1");
  EXPECT_NE(refusal("model: {rate: 1.5}").find("a number from 0 to 1"), std::string::npos);
  EXPECT_NE(refusal("model:\n  order:\n").find("one of natural, random"), std::string::npos);
  EXPECT_NE(refusal("model: {order: randm}").find("did you mean 'random'?"), std::string::npos);
  EXPECT_NE(refusal("model: {layers: [1, 0]}").find("each to be a number >= 1"), std::string::npos);
}

TEST(Options, CommandLineIsNamedAsTheOrigin) {
  Document d = Document::parse_yaml("model:\n  hidden: 3\n", "r.yaml");
  d.override_with("model.hidden=many");
  try {
    read_options<Config>(d, "model");
    FAIL() << "nothing thrown";
  } catch (const UsageError& error) {
    EXPECT_STREQ(error.what(), "[command line: model.hidden] got \"many\", expected integer");
  }
}

TEST(Options, JsonReadsBackAndHelpNamesEach) {
  Config c = read("model: {hidden: 7, layers: [2], clip: 1}\n");
  const Json json = fields_of(c).to_json();
  const Config again = read_options<Config>(Document(Json{{"model", json}}, "config.json"), "model");
  EXPECT_EQ(again.hidden, 7);
  EXPECT_EQ(again.layers, c.layers);
  EXPECT_EQ(again.clip, 1.0);
  const std::string help = fields_of(c).help_text();
  for (const char* part : {"hidden", "integer", "7", "units in the hidden layer", "list of integers", "true/false"}) {
    EXPECT_NE(help.find(part), std::string::npos) << part;
  }
}

}  // namespace
}  // namespace cairn
