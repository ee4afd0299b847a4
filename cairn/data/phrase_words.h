// The words of phrases.h, in both languages.
#pragma once

#include <array>
#include <cstdint>

namespace cairn::data {

enum class Gender { masculine, feminine, neuter };

struct Noun {
  const char *en, *en_plural;
  const char *de, *de_plural;
  Gender gender;
};

/// Third person singular and plural (the plural is the infinitive too), and participle. English `not` and questions
/// take the infinitive.
struct Verb {
  const char *en, *en_infinitive, *en_participle;
  const char *de, *de_infinitive, *de_participle;
};

struct Word {
  const char *en, *de;
};

/// An auxiliary with an infinitive, singular and plural.
struct Modal {
  const char *en, *de, *de_plural;
};

inline constexpr auto kMasculine = Gender::masculine, kFeminine = Gender::feminine, kNeuter = Gender::neuter;

inline constexpr std::array<Noun, 16> kBeings{{{"dog", "dogs", "Hund", "Hunde", kMasculine},
                                               {"cat", "cats", "Katze", "Katzen", kFeminine},
                                               {"child", "children", "Kind", "Kinder", kNeuter},
                                               {"man", "men", "Mann", "Männer", kMasculine},
                                               {"woman", "women", "Frau", "Frauen", kFeminine},
                                               {"girl", "girls", "Mädchen", "Mädchen", kNeuter},
                                               {"teacher", "teachers", "Lehrer", "Lehrer", kMasculine},
                                               {"friend", "friends", "Freund", "Freunde", kMasculine},
                                               {"sister", "sisters", "Schwester", "Schwestern", kFeminine},
                                               {"horse", "horses", "Pferd", "Pferde", kNeuter},
                                               {"king", "kings", "König", "Könige", kMasculine},
                                               {"queen", "queens", "Königin", "Königinnen", kFeminine},
                                               {"doctor", "doctors", "Arzt", "Ärzte", kMasculine},
                                               {"bird", "birds", "Vogel", "Vögel", kMasculine},
                                               {"aunt", "aunts", "Tante", "Tanten", kFeminine},
                                               {"mouse", "mice", "Maus", "Mäuse", kFeminine}}};

inline constexpr std::array<Noun, 18> kThings{{{"book", "books", "Buch", "Bücher", kNeuter},
                                               {"apple", "apples", "Apfel", "Äpfel", kMasculine},
                                               {"letter", "letters", "Brief", "Briefe", kMasculine},
                                               {"flower", "flowers", "Blume", "Blumen", kFeminine},
                                               {"picture", "pictures", "Bild", "Bilder", kNeuter},
                                               {"chair", "chairs", "Stuhl", "Stühle", kMasculine},
                                               {"lamp", "lamps", "Lampe", "Lampen", kFeminine},
                                               {"car", "cars", "Auto", "Autos", kNeuter},
                                               {"key", "keys", "Schlüssel", "Schlüssel", kMasculine},
                                               {"bottle", "bottles", "Flasche", "Flaschen", kFeminine},
                                               {"coat", "coats", "Mantel", "Mäntel", kMasculine},
                                               {"knife", "knives", "Messer", "Messer", kNeuter},
                                               {"ball", "balls", "Ball", "Bälle", kMasculine},
                                               {"stone", "stones", "Stein", "Steine", kMasculine},
                                               {"cup", "cups", "Tasse", "Tassen", kFeminine},
                                               {"bed", "beds", "Bett", "Betten", kNeuter},
                                               {"clock", "clocks", "Uhr", "Uhren", kFeminine},
                                               {"glass", "glasses", "Glas", "Gläser", kNeuter}}};

/// All with "in".
inline constexpr std::array<Noun, 9> kPlaces{{{"garden", "gardens", "Garten", "Gärten", kMasculine},
                                              {"house", "houses", "Haus", "Häuser", kNeuter},
                                              {"school", "schools", "Schule", "Schulen", kFeminine},
                                              {"city", "cities", "Stadt", "Städte", kFeminine},
                                              {"forest", "forests", "Wald", "Wälder", kMasculine},
                                              {"kitchen", "kitchens", "Küche", "Küchen", kFeminine},
                                              {"room", "rooms", "Zimmer", "Zimmer", kNeuter},
                                              {"park", "parks", "Park", "Parks", kMasculine},
                                              {"village", "villages", "Dorf", "Dörfer", kNeuter}}};

/// The first kVerbsOfBeings also take beings as objects.
inline constexpr uint64_t kVerbsOfBeings = 7;
inline constexpr std::array<Verb, 14> kVerbs{{{"sees", "see", "seen", "sieht", "sehen", "gesehen"},
                                              {"finds", "find", "found", "findet", "finden", "gefunden"},
                                              {"loves", "love", "loved", "liebt", "lieben", "geliebt"},
                                              {"looks for", "look for", "looked for", "sucht", "suchen", "gesucht"},
                                              {"draws", "draw", "drawn", "zeichnet", "zeichnen", "gezeichnet"},
                                              {"needs", "need", "needed", "braucht", "brauchen", "gebraucht"},
                                              {"forgets", "forget", "forgotten", "vergisst", "vergessen", "vergessen"},
                                              {"buys", "buy", "bought", "kauft", "kaufen", "gekauft"},
                                              {"carries", "carry", "carried", "trägt", "tragen", "getragen"},
                                              {"sells", "sell", "sold", "verkauft", "verkaufen", "verkauft"},
                                              {"loses", "lose", "lost", "verliert", "verlieren", "verloren"},
                                              {"brings", "bring", "brought", "bringt", "bringen", "gebracht"},
                                              {"holds", "hold", "held", "hält", "halten", "gehalten"},
                                              {"cleans", "clean", "cleaned", "putzt", "putzen", "geputzt"}}};

/// German stems, to which an ending is added.
inline constexpr std::array<Word, 10> kAdjectivesOfBeings{{{"old", "alt"},
                                                           {"young", "jung"},
                                                           {"small", "klein"},
                                                           {"big", "groß"},
                                                           {"good", "gut"},
                                                           {"quiet", "still"},
                                                           {"famous", "berühmt"},
                                                           {"friendly", "freundlich"},
                                                           {"clever", "klug"},
                                                           {"brave", "mutig"}}};
inline constexpr std::array<Word, 14> kAdjectivesOfThings{{{"old", "alt"},
                                                           {"new", "neu"},
                                                           {"small", "klein"},
                                                           {"big", "groß"},
                                                           {"red", "rot"},
                                                           {"green", "grün"},
                                                           {"black", "schwarz"},
                                                           {"white", "weiß"},
                                                           {"beautiful", "schön"},
                                                           {"good", "gut"},
                                                           {"heavy", "schwer"},
                                                           {"strange", "seltsam"},
                                                           {"cheap", "billig"},
                                                           {"famous", "berühmt"}}};

inline constexpr std::array<Word, 6> kAdjectivesOfPlaces{
    {{"old", "alt"}, {"new", "neu"}, {"small", "klein"}, {"big", "groß"}, {"beautiful", "schön"}, {"quiet", "still"}}};

inline constexpr std::array<Word, 11> kNumbers{{{"two", "zwei"},
                                                {"three", "drei"},
                                                {"four", "vier"},
                                                {"five", "fünf"},
                                                {"six", "sechs"},
                                                {"seven", "sieben"},
                                                {"eight", "acht"},
                                                {"nine", "neun"},
                                                {"ten", "zehn"},
                                                {"eleven", "elf"},
                                                {"twelve", "zwölf"}}};

inline constexpr std::array<Modal, 3> kModals{
    {{"can", "kann", "können"}, {"must", "muss", "müssen"}, {"should", "soll", "sollen"}}};

/// Of clauses whose verb stands at the end in German.
inline constexpr std::array<Word, 4> kConjunctions{
    {{"because", "weil"}, {"although", "obwohl"}, {"when", "wenn"}, {"while", "während"}}};

}  // namespace cairn::data
