#include "cairn/data/phrases.h"

#include <array>
#include <cctype>
#include <string>
#include <vector>

#include "cairn/base/error.h"
#include "cairn/data/phrase_words.h"

namespace cairn::data {

namespace {

enum class Case { nominative, accusative, dative };
enum class Determiner { the, a, my, number };
enum class Tense { present, perfect, modal, negated };

/// Something said in both languages.
struct Said {
  std::string en, de;
  bool plural = false;
};

/// What stands before the ending, and the ending of the adjective behind it.
struct Endings {
  std::string determiner, adjective;
};

Endings definite(Gender gender, bool plural, Case of) {
  if (plural) return {"die", "en"};
  if (of == Case::dative) return {gender == Gender::feminine ? "der" : "dem", "en"};
  if (gender == Gender::feminine) return {"die", "e"};
  if (gender == Gender::neuter) return {"das", "e"};
  return of == Case::accusative ? Endings{"den", "en"} : Endings{"der", "e"};
}

/// After "ein" and "mein"; nominative and accusative.
Endings indefinite(Gender gender, bool plural, Case of) {
  if (plural) return {"e", "en"};
  if (gender == Gender::feminine) return {"e", "e"};
  if (gender == Gender::neuter) return {"", "es"};
  return of == Case::accusative ? Endings{"en", "en"} : Endings{"", "er"};
}

bool starts_with_vowel(const std::string& word) {
  return std::string("aeiou").find(word.front()) != std::string::npos;
}

class Writer {
 public:
  explicit Writer(RandomStream random) : random_(random) {}

  SequencePair sentence() {
    Said said = random_.below(5) == 0 ? question() : statement();
    for (auto* text : {&said.en, &said.de}) {
      text->front() = static_cast<char>(std::toupper(static_cast<unsigned char>(text->front())));
    }
    return {said.en, said.de};
  }

 private:
  /// A verb with its subject, object and perhaps a place. German splits the verb: what is finite, and what goes last.
  struct Clause {
    Said subject, object, place;
    std::string en_auxiliary, en_verb;  ///< "has" and "seen"; "" and "sees"
    std::string en_infinitive;          ///< "see"
    std::string de_finite, de_last;     ///< "hat" and "gesehen"; "sieht" and ""
    bool negated = false;
  };

  bool chance(uint64_t one_of) { return random_.below(one_of) == 0; }
  template <class List>
  const auto& pick(const List& list) {
    return list[random_.below(list.size())];
  }

  Said being(Determiner determiner, Case of) {
    const Noun& noun = pick(kBeings);  // draws stand in statements of their own: arguments have no order
    return noun_phrase(noun, chance(2) ? &pick(kAdjectivesOfBeings) : nullptr, determiner, of);
  }
  Said thing(Determiner determiner, Case of) {
    const Noun& noun = pick(kThings);
    return noun_phrase(noun, chance(2) ? &pick(kAdjectivesOfThings) : nullptr, determiner, of);
  }

  Said noun_phrase(const Noun& noun, const Word* adjective, Determiner determiner, Case of) {
    const bool plural = determiner == Determiner::number || (determiner != Determiner::a && chance(3));
    const Word* number = determiner == Determiner::number ? &pick(kNumbers) : nullptr;
    const auto endings = determiner == Determiner::the      ? definite(noun.gender, plural, of)
                         : determiner == Determiner::number ? Endings{"", "e"}
                                                            : indefinite(noun.gender, plural, of);
    std::string en = plural ? noun.en_plural : noun.en, de = plural ? noun.de_plural : noun.de;
    if (adjective != nullptr) {
      en = cat(adjective->en, " ", en);
      de = cat(adjective->de, endings.adjective, " ", de);
    }
    switch (determiner) {
      case Determiner::the:
        return {"the " + en, cat(endings.determiner, " ", de), plural};
      case Determiner::a:
        return {cat(starts_with_vowel(en) ? "an " : "a ", en), cat("ein", endings.determiner, " ", de), plural};
      case Determiner::my:
        return {"my " + en, cat("mein", endings.determiner, " ", de), plural};
      case Determiner::number:
        break;
    }
    return {cat(number->en, " ", en), cat(number->de, " ", de), plural};
  }

  Said subject() {
    static constexpr std::array<Word, 4> kPronouns{{{"he", "er"}, {"she", "sie"}, {"we", "wir"}, {"they", "sie"}}};
    if (chance(4)) {
      const auto which = random_.below(kPronouns.size());
      return {kPronouns[which].en, kPronouns[which].de, which >= 2};
    }
    return being(any_determiner(), Case::nominative);
  }

  Determiner any_determiner() { return static_cast<Determiner>(random_.below(4)); }

  /// What is negated is known: "the" or "my".
  Said object(uint64_t verb, bool negated) {
    const auto known = chance(2) ? Determiner::the : Determiner::my;
    const auto determiner = negated ? known : any_determiner();
    const bool of_being = verb < kVerbsOfBeings && chance(2);
    return of_being ? being(determiner, Case::accusative) : thing(determiner, Case::accusative);
  }

  Said place() {
    const Noun& noun = pick(kPlaces);
    const auto endings = definite(noun.gender, /*plural=*/false, Case::dative);
    Said said{"in the ", cat("in ", endings.determiner, " ")};
    if (chance(3)) {
      const Word& adjective = pick(kAdjectivesOfPlaces);
      said.en += cat(adjective.en, " ");
      said.de += cat(adjective.de, endings.adjective, " ");
    }
    return {said.en + noun.en, said.de + noun.de};
  }

  Clause clause(Tense tense) {
    Clause c;
    c.negated = tense == Tense::negated;
    c.subject = subject();
    const auto which = random_.below(kVerbs.size());
    const Verb& verb = kVerbs[which];
    c.en_infinitive = verb.en_infinitive;
    c.object = object(which, c.negated);
    if (!c.negated && chance(3)) c.place = place();
    const bool plural = c.subject.plural;
    switch (tense) {
      case Tense::present:
        c.en_verb = plural ? verb.en_infinitive : verb.en;
        break;
      case Tense::negated:
        c.en_auxiliary = plural ? "do not" : "does not";
        c.en_verb = verb.en_infinitive;
        break;
      case Tense::perfect:
        c.en_auxiliary = plural ? "have" : "has";
        c.en_verb = verb.en_participle;
        c.de_finite = plural ? "haben" : "hat";
        c.de_last = verb.de_participle;
        return c;
      case Tense::modal: {
        const Modal& modal = pick(kModals);
        c.en_auxiliary = modal.en;
        c.en_verb = verb.en_infinitive;
        c.de_finite = plural ? modal.de_plural : modal.de;
        c.de_last = verb.de_infinitive;
        return c;
      }
    }
    c.de_finite = plural ? verb.de_infinitive : verb.de;
    return c;
  }

  static std::string words(const std::vector<std::string>& parts) {
    std::string text;
    for (const auto& part : parts) {
      if (!part.empty()) text += (text.empty() ? "" : " ") + part;
    }
    return text;
  }

  static std::string in_english(const Clause& c) {
    return words({c.subject.en, c.en_auxiliary, c.en_verb, c.object.en, c.place.en});
  }
  /// What stands between the finite verb and the last one.
  static std::string middle(const Clause& c) { return words({c.object.de, c.negated ? "nicht" : "", c.place.de}); }

  Said statement() {
    const Clause c = clause(static_cast<Tense>(random_.below(4)));
    Said said{in_english(c), words({c.subject.de, c.de_finite, middle(c), c.de_last})};
    if (!c.place.en.empty() && chance(2)) {  // the place first: in German the subject goes behind the verb
      said = {cat(c.place.en, ", ", words({c.subject.en, c.en_auxiliary, c.en_verb, c.object.en})),
              words({c.place.de, c.de_finite, c.subject.de, c.object.de, c.de_last})};
    }
    if (chance(4)) {
      const Word& conjunction = pick(kConjunctions);
      const Clause d = clause(static_cast<Tense>(random_.below(4)));
      said.en += cat(" ", conjunction.en, " ", in_english(d));
      said.de += cat(", ", conjunction.de, " ", words({d.subject.de, middle(d), d.de_last, d.de_finite}));
    }
    return {said.en + ".", said.de + "."};
  }

  Said question() {
    Clause c = clause(static_cast<Tense>(random_.below(3)));
    if (c.en_auxiliary.empty()) {  // English asks with "do"
      c.en_auxiliary = c.subject.plural ? "do" : "does";
      c.en_verb = c.en_infinitive;
    }
    return {words({c.en_auxiliary, c.subject.en, c.en_verb, c.object.en, c.place.en}) + "?",
            words({c.de_finite, c.subject.de, middle(c), c.de_last}) + "?"};
  }

  RandomStream random_;
};

}  // namespace

SequencePair phrase_pair(int64_t number, const RandomStream& random) {
  return Writer(random.at(static_cast<uint64_t>(number))).sentence();
}

}  // namespace cairn::data
