#include "cairn/data/phrases.h"

#include <gtest/gtest.h>

#include <cctype>
#include <set>
#include <utility>

#include "cairn/data/parallel_text.h"
#include "cairn/data/phrase_words.h"

namespace cairn::data {
namespace {

const RandomStream kRandom(0, "phrases, train");

TEST(Phrases, AreEnglishAndGerman) {
  const std::vector<std::pair<int64_t, SequencePair>> known{
      {0,
       {"In the forest, she sells eleven strange knives because six brave cats forget the green apples in the park.",
        "In dem Wald verkauft sie elf seltsame Messer, weil sechs mutige Katzen die grünen Äpfel in dem Park "
        "vergessen."}},
      {1, {"My horses have looked for eleven balls.", "Meine Pferde haben elf Bälle gesucht."}},
      {2, {"He does not forget my small bed.", "Er vergisst mein kleines Bett nicht."}},
      {3,
       {"We hold my new chair in the small forest when a teacher carries three apples.",
        "Wir halten meinen neuen Stuhl in dem kleinen Wald, wenn ein Lehrer drei Äpfel trägt."}},
      {4, {"Has my good queen found a strange picture?", "Hat meine gute Königin ein seltsames Bild gefunden?"}},
      {9, {"She does not lose my green book.", "Sie verliert mein grünes Buch nicht."}},
      {10,
       {"In the kitchen, a woman can lose a knife while a good friend buys nine cheap knives.",
        "In der Küche kann eine Frau ein Messer verlieren, während ein guter Freund neun billige Messer kauft."}},
      {33,
       {"He has looked for my dog when she can find a woman.",
        "Er hat meinen Hund gesucht, wenn sie eine Frau finden kann."}},
      {15, {"Does he bring the beautiful key?", "Bringt er den schönen Schlüssel?"}},
      {24, {"Do we lose a black coat?", "Verlieren wir einen schwarzen Mantel?"}},
      {26,
       {"Has the good king looked for a beautiful bottle in the quiet school?",
        "Hat der gute König eine schöne Flasche in der stillen Schule gesucht?"}},
      {32,
       {"Five dogs sell a letter when he must buy the famous apple.",
        "Fünf Hunde verkaufen einen Brief, wenn er den berühmten Apfel kaufen muss."}},
      {47, {"Can a mouse clean the white bed in the city?", "Kann eine Maus das weiße Bett in der Stadt putzen?"}},
      {105,
       {"A mouse can carry a big glass although a child finds a book.",
        "Eine Maus kann ein großes Glas tragen, obwohl ein Kind ein Buch findet."}},
      {139,
       {"We lose my stone while we do not forget my child.",
        "Wir verlieren meinen Stein, während wir mein Kind nicht vergessen."}},
  };
  for (const auto& [number, pair] : known) {
    const auto got = phrase_pair(number, kRandom);
    EXPECT_EQ(got.source, pair.source);
    EXPECT_EQ(got.target, pair.target);
  }
}

TEST(Phrases, DependOnTheirNumberAlone) {
  const auto text = load_parallel_text("phrases", {.problem = {.count = 30}});
  ASSERT_EQ(text.size(), 30);
  for (const int64_t k : {0, 7, 29}) {
    const auto pair = phrase_pair(k, kRandom);
    EXPECT_EQ(text.source[k], pair.source);
    EXPECT_EQ(text.target[k], pair.target);
  }
  EXPECT_EQ(load_parallel_text("phrases", {.split = Split::test, .problem = {.count = 30}}).size(), 3);
}

TEST(Phrases, EveryNounOccursInBothLanguagesAndSentencesEndAlike) {
  std::set<std::string> english, german;
  for (int64_t k = 0; k < 4000; ++k) {
    const auto pair = phrase_pair(k, kRandom);
    ASSERT_EQ(pair.source.back(), pair.target.back());
    ASSERT_TRUE(std::isupper(pair.source.front()) && std::isupper(pair.target.front())) << pair.target;
    ASSERT_EQ((pair.source + pair.target).find("  "), std::string::npos);
    for (auto [text, words] : {std::pair{pair.source, &english}, std::pair{pair.target, &german}}) {
      std::string word;
      for (const char c : text + " ") {
        if (c != ' ' && c != '.' && c != ',' && c != '?') {
          word += c;
        } else if (!word.empty()) {
          words->insert(std::exchange(word, ""));
        }
      }
    }
  }
  for (const Noun& noun : kBeings) {
    EXPECT_TRUE(english.contains(noun.en) && english.contains(noun.en_plural)) << noun.en;
    EXPECT_TRUE(german.contains(noun.de) && german.contains(noun.de_plural)) << noun.de;
  }
  for (const Noun& noun : kThings) EXPECT_TRUE(german.contains(noun.de) && german.contains(noun.de_plural)) << noun.de;
  for (const Noun& noun : kPlaces) EXPECT_TRUE(german.contains(noun.de)) << noun.de;
}

}  // namespace
}  // namespace cairn::data
