// The options of word2vec: recipe sections `model`, `data` and `eval`.
#pragma once

#include <cstdint>
#include <string>

#include "cairn/base/options.h"
#include "cairn/text/word_rule.h"

namespace cairn::word2vec {

struct ModelConfig {
  std::string kind = "skipgram";
  std::string loss = "negative";
  int64_t dim = 100;
  int64_t window = 5;
  bool shrink = true;
  int64_t negative = 5;
  double ns_exponent = 0.75;
  int64_t share = 8;
  std::string cbow = "mean";
  int64_t min_n = 0;
  int64_t max_n = 0;
  int64_t bucket = 2000000;
  std::string start = "";

  void fields(Fields& f) {
    f("kind", kind,
      "skipgram (a word's neighbours from the word) or cbow (a word from its "
      "neighbours)",
      one_of({"skipgram", "cbow"}));
    f("loss", loss, "negative (sampling) or hierarchical (softmax over a Huffman tree)",
      one_of({"negative", "hierarchical"}));
    f("dim", dim, "numbers a vector has", between(1, 65536));
    f("window", window, "words to each side that are neighbours", between(1, 1000));
    f("shrink", shrink, "each word draws its window from 1 .. window");
    f("negative", negative, "words drawn against each true one (loss: negative)", between(1, 1000));
    f("ns_exponent", ns_exponent, "negatives are drawn by count to this power", between(-4, 4));
    f("share", share, "cbow: consecutive words that share one draw of negatives", between(1, 64));
    f("cbow", cbow,
      "the input gradient of a mean of rows, cbow's neighbours or a word and its n-grams: mean (the correct one, "
      "divided by their count) or original (word2vec.c's and fastText's, not divided)",
      one_of({"mean", "original"}));
    f("min_n", min_n, "shortest character n-gram of a word's subwords", between(0, 20));
    f("max_n", max_n, "longest one; 0 for no subwords", between(0, 20));
    f("bucket", bucket, "rows that n-grams are hashed to", between(1, 1e9));
    f("start", start, "a model folder to go on from, with new text", {});
  }
  bool cbow_kind() const { return kind == "cbow"; }
  bool hierarchical() const { return loss == "hierarchical"; }
  bool subwords() const { return max_n > 0; }
};

struct DataConfig {
  std::string train;
  std::string valid;
  std::string test;
  std::string words = "lower";
  std::string markup = "none";
  int64_t limit = 0;
  int64_t min_count = 5;
  int64_t max_words = 0;
  double subsample = 1e-3;
  int64_t phrases = 0;
  double phrase_threshold = 100;
  std::string vocabulary = "replace";

  void fields(Fields& f) {
    f("train", train,
      "text: a catalogue name, a UTF-8 file (.gz too), a folder of them, or - "
      "for stdin");
    f("valid", valid, "what periodic evaluations measure: see test");
    f("test", test, "word_eval, or files of analogies or word pairs, joined by commas");
    f("words", words, "how text becomes words: whitespace, text8, lower or chinese", one_of(text::word_rule_names()));
    f("markup", markup, "wiki: the text has <doc> lines of Wikipedia extracts", one_of({"none", "wiki"}));
    f("limit", limit, "use the first N words; 0 for all", at_least(0));
    f("min_count", min_count, "rarer words are left out", at_least(1));
    f("max_words", max_words, "keep the N most frequent words; 0 for all", at_least(0));
    f("subsample", subsample, "frequent words are dropped at random above this frequency; 0 for never", between(0, 1));
    f("phrases", phrases, "passes that join word pairs into phrases (new_york)", between(0, 8));
    f("phrase_threshold", phrase_threshold, "score above which a pair is a phrase", at_least(0));
    f("vocabulary", vocabulary,
      "with model.start: keep its words, replace them by the text's, or merge "
      "both",
      one_of({"keep", "replace", "merge"}));
  }
};

struct EvalConfig {
  int64_t restrict = 30000;
  std::string method = "3cosadd";

  void fields(Fields& f) {
    f("restrict", restrict, "analogies: among the N most frequent words; 0 for all", at_least(0));
    f("method", method, "analogies: 3cosadd or 3cosmul", one_of({"3cosadd", "3cosmul"}));
  }
};

}  // namespace cairn::word2vec
