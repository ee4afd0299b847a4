// BLEU and chrF against what sacreBLEU says (tests/golden/make_bleu.py): every digit, of odd texts and of Multi30k.
#include "cairn/metrics/bleu.h"

#include <gtest/gtest.h>

#include <fstream>

#include "cairn/base/document.h"
#include "cairn/base/error.h"
#include "cairn/base/text.h"
#include "cairn/base/version.h"
#include "cairn/data/catalogue.h"
#include "cairn/metrics/chrf.h"
#include "cairn/text/text_source.h"

namespace cairn::metrics {
namespace {

/// A hypothesis, then its references.
using Segments = std::vector<std::vector<std::string>>;

const Json& golden() {
  static const Json json = Json::parse(std::ifstream(CAIRN_SOURCE_DIR "/tests/golden/bleu.json"));
  return json;
}

template <class Metric>
void add_all(Metric& metric, const Segments& segments) {
  for (const auto& segment : segments) metric.add(segment[0], std::span(segment).subspan(1));
}

/// sacreBLEU's signature, but for the program that it names.
std::string with_our_version(const std::string& signature) {
  return signature.substr(0, signature.rfind(':') + 1) + "cairn-" + version();
}

void expect_digits(double score, const Json& said) {
  EXPECT_EQ(fixed(score, 10), fixed(said["score"].get<double>(), 10));
}

LetterCase letters_of(const std::string& name) {
  return name.ends_with(" lc") ? LetterCase::lower : LetterCase::mixed;
}

void expect_bleu(const std::string& name, const Segments& segments, const Json& said) {
  Bleu bleu({.tokenizer = bleu_tokenizer_named(name.substr(0, name.find(' '))), .letters = letters_of(name)});
  add_all(bleu, segments);
  const auto score = bleu.score();
  expect_digits(score.score, said);
  EXPECT_EQ(Json(score.correct), said["correct"]);
  EXPECT_EQ(Json(score.total), said["total"]);
  EXPECT_EQ(Json({score.hypothesis_length, score.reference_length}), said["lengths"]);
  EXPECT_EQ(score.detail(), said["detail"].get<std::string>());
  EXPECT_EQ(bleu.signature(), with_our_version(said["signature"]));
}

void expect_chrf(const std::string& name, const Segments& segments, const Json& said) {
  Chrf chrf({.words = name == "chrF++" || name == "chrF lc" ? 2 : 0,
             .letters = letters_of(name),
             .white_space = name == "chrF space"});
  add_all(chrf, segments);
  expect_digits(chrf.score(), said);
  EXPECT_EQ(chrf.name(), said["name"].get<std::string>());
  EXPECT_EQ(chrf.signature(), with_our_version(said["signature"]));
}

void expect_numbers(const Segments& segments, const Json& said) {
  ASSERT_GE(said.size(), 14U);
  for (const auto& [name, numbers] : said.items()) {
    SCOPED_TRACE(name);
    name.starts_with("chrF") ? expect_chrf(name, segments, numbers) : expect_bleu(name, segments, numbers);
  }
}

TEST(Bleu, OddTextsGiveEveryDigit) {
  for (const auto& [name, said] : golden()["cases"].items()) {
    SCOPED_TRACE(name);
    expect_numbers(said["segments"], said["said"]);
  }
}

TEST(Bleu, EverySmoothingGivesEveryDigit) {
  const std::map<std::string, BleuSmoothing> smoothings{{"none", BleuSmoothing::none},
                                                        {"floor", BleuSmoothing::floor},
                                                        {"add-k", BleuSmoothing::add_k},
                                                        {"exp", BleuSmoothing::exponential}};
  for (const auto& [name, said] : golden()["cases"].items()) {
    for (const auto& [form, numbers] : said["smoothed"].items()) {
      SCOPED_TRACE(name + ", " + form);
      const auto words = split(form, ' ');
      Bleu bleu({.smoothing = smoothings.at(words[0]), .effective_order = words[1] == "eff"});
      add_all(bleu, said["segments"]);
      expect_digits(bleu.score().score, numbers);
      EXPECT_EQ(bleu.signature(), with_our_version(numbers["signature"]));
    }
  }
}

/// The rule of make_bleu.py.
std::string damaged(const std::string& line, size_t i) {
  if (i % 29 == 0) return "";
  std::vector<std::string> words;
  const auto all = split(line, ' ');
  for (size_t j = 0; j < all.size(); ++j) {
    if ((i + 3 * j) % 7 != 0) words.push_back(all[j]);
  }
  for (size_t k = 0; k < words.size() / 2; ++k) {
    if ((i + k) % 5 == 0) std::swap(words[2 * k], words[2 * k + 1]);
  }
  return join(words, " ");
}

TEST(Bleu, Multi30kGivesEveryDigit) {
  const auto folder = data::find_folder(data::data_set_named("multi30k"));
  if (!folder) GTEST_SKIP() << "multi30k is not here";
  for (const auto& [name, said] : golden()["multi30k"].items()) {
    SCOPED_TRACE(name);
    text::LineReader reader(text::TextSource({*folder / (name + ".gz")}));
    Segments segments;
    for (std::string line; reader.next(line);) segments.push_back({damaged(line, segments.size()), line});
    expect_numbers(segments, said);
  }
}

TEST(Bleu, NothingAddedIsNothing) {
  EXPECT_EQ(Bleu().score().score, 0);
  EXPECT_EQ(Chrf().score(), 0);
}

TEST(Bleu, BadInputIsRefused) {
  Bleu bleu;
  EXPECT_THROW(bleu.add("a", std::span<const std::string>()), UsageError);
  EXPECT_THROW(bleu.add("a\xff", "a"), InputError);
  EXPECT_THROW(Chrf().add("a", "\xc3"), InputError);
  EXPECT_THROW(Chrf({.characters = 0}), UsageError);
  EXPECT_THROW(bleu_tokenizer_named("14a"), UsageError);
}

TEST(Bleu, SentencesMayHaveDifferentNumbersOfReferences) {
  Bleu bleu;
  bleu.add("a b c d", "a b c d");
  add_all(bleu, {{"a b", "a", "b"}});
  EXPECT_TRUE(bleu.signature().starts_with("nrefs:var|")) << bleu.signature();
}

TEST(BleuTokenizer, TokensOfEach) {
  const std::string line = "It's 1,5% – no. 5-10";
  EXPECT_EQ(bleu_tokens(line, BleuTokenizer::v13a), "It's 1,5 % – no . 5 - 10");
  EXPECT_EQ(bleu_tokens(line, BleuTokenizer::international), "It ' s 1,5 % – no . 5-10");
  EXPECT_EQ(bleu_tokens("añ b", BleuTokenizer::character), "a ñ b");
  EXPECT_EQ(bleu_tokens("3个，a", BleuTokenizer::chinese), "3 个 ， a");
  EXPECT_EQ(bleu_tokens("  a \t b. ", BleuTokenizer::none), "a b.");
}

}  // namespace
}  // namespace cairn::metrics
