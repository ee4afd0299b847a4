// Pairs of lines: a sentence and what it is to become.
//
// A SPEC is two files "SOURCE,TARGET", line by line; one .tsv (or .tsv.gz) with a tab between the two; a catalogue name
// with its two sides, "multi30k:en-de"; or what is generated: "copy" or "reverse" (sequence_problems.h), or "phrases",
// English to German (phrases.h).
#pragma once

#include <string>
#include <vector>

#include "cairn/data/batch.h"
#include "cairn/data/sequence_problems.h"

namespace cairn::data {

struct ParallelText {
  std::vector<std::string> source, target;  ///< as many of each
  std::string source_name, target_name;     ///< the files, or what stands for them

  int64_t size() const { return static_cast<int64_t>(source.size()); }
  std::string source_place(int64_t pair) const;  ///< "train.en:12"
  std::string target_place(int64_t pair) const;
};

struct ParallelOptions {
  Split split = Split::train;
  int64_t limit = 0;        ///< keep the first pairs; 0: all
  SequenceProblem problem;  ///< what a generated SPEC draws
};

/// Whether a SPEC names what is generated: "copy", "reverse" or "phrases".
bool is_generated_text(const std::string& spec);

/// Throws InputError naming both counts where the two files differ in lines, file and line of a .tsv line without one
/// tab and of text that is not UTF-8; UsageError for another SPEC; EnvironmentError for what is not here.
ParallelText load_parallel_text(const std::string& spec, const ParallelOptions& options);

}  // namespace cairn::data
