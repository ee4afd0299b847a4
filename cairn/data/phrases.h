// Sentences in English and the same in German, made by a small grammar: a translation whose right answer is known and
// whose data belong to nobody. What it takes: gender, case and endings that English does not show, and verbs that go to
// the end or change places with the subject.
//
//   The old man has found two keys in the garden.   Der alte Mann hat zwei Schlüssel in dem Garten gefunden.
#pragma once

#include <cstdint>

#include "cairn/base/random.h"
#include "cairn/data/sequence_problems.h"

namespace cairn::data {

/// Sentence `number`; depends on its number alone.
SequencePair phrase_pair(int64_t number, const RandomStream& random);

}  // namespace cairn::data
