#include "cairn/data/parallel_text.h"

#include <algorithm>

#include "cairn/base/error.h"
#include "cairn/base/text.h"
#include "cairn/data/catalogue.h"
#include "cairn/data/phrases.h"
#include "cairn/text/text_source.h"

namespace cairn::data {
namespace fs = std::filesystem;

namespace {

std::string place(const std::string& name, int64_t pair) {
  return cat(name, ":", pair + 1);
}

ParallelText generated(const std::string& spec, const ParallelOptions& options) {
  const auto& problem = options.problem;
  const int64_t count = options.split == Split::train ? problem.count : std::max<int64_t>(1, problem.count / 10);
  const RandomStream random(0, cat(spec, ", ", name_of(options.split)));
  ParallelText text{.source = {}, .target = {}, .source_name = spec, .target_name = spec};
  for (int64_t k = 0; k < (options.limit > 0 ? std::min(options.limit, count) : count); ++k) {
    auto pair = is_sequence_problem(spec) ? sequence_pair(spec, problem, k, random) : phrase_pair(k, random);
    text.source.push_back(std::move(pair.source));
    text.target.push_back(std::move(pair.target));
  }
  return text;
}

ParallelText from_columns(const std::string& file, int64_t limit) {
  ParallelText text{.source = {}, .target = {}, .source_name = file, .target_name = file};
  text::LineReader lines(text::TextSource(text::text_files(file)));
  for (std::string line; (limit == 0 || text.size() < limit) && lines.next(line);) {
    auto columns = split(line, '\t');
    if (columns.size() != 2) {
      throw InputError(lines.place().text(),
                       got_expected(cat(columns.size() - 1, " tabs"), "one, between two sentences"));
    }
    text.source.push_back(std::move(columns[0]));
    text.target.push_back(std::move(columns[1]));
  }
  return text;
}

/// All lines are read, so that a difference in their number never goes unseen.
ParallelText from_files(const std::string& source, const std::string& target, int64_t limit) {
  ParallelText text{.source = text::all_lines(source),
                    .target = text::all_lines(target),
                    .source_name = source,
                    .target_name = target};
  if (text.source.size() != text.target.size()) {
    throw InputError(cat(source, ",", target),
                     got_expected(cat(text.source.size(), " and ", text.target.size(), " lines"),
                                  "a line of the second for each of the first"));
  }
  if (limit > 0 && text.size() > limit) {
    text.source.resize(static_cast<size_t>(limit));
    text.target.resize(static_cast<size_t>(limit));
  }
  return text;
}

/// The split's file of one side of a data set, relative to its folder.
std::string side_of(const DataSet& set, const std::string& side, Split split, const std::string& spec) {
  std::vector<std::string> sides;
  for (const auto& file : set.files) {
    if (file.split != name_of(split)) continue;
    if (file.role == side) return file.path;
    sides.push_back(file.role);
  }
  throw UsageError(spec, sides.empty() ? cat("this data set has no split '", name_of(split), "'")
                                       : got_expected(side, join(sides, " or ")));
}

}  // namespace

std::string ParallelText::source_place(int64_t pair) const {
  return place(source_name, pair);
}
std::string ParallelText::target_place(int64_t pair) const {
  return place(target_name, pair);
}

bool is_generated_text(const std::string& spec) {
  return is_sequence_problem(spec) || spec == "phrases";
}

ParallelText load_parallel_text(const std::string& spec, const ParallelOptions& options) {
  if (is_generated_text(spec)) return generated(spec, options);
  const auto files = split(spec, ',');
  if (files.size() == 2) return from_files(files[0], files[1], options.limit);
  if (spec.ends_with(".tsv") || spec.ends_with(".tsv.gz")) return from_columns(spec, options.limit);
  const auto named = split(spec, ':');
  const auto sides = split(named.back(), '-');
  if (files.size() == 1 && named.size() == 2 && sides.size() == 2) {
    const auto& set = data_set_named(named[0]);
    // A side that does not exist is told before data that are not here.
    const auto source = side_of(set, sides[0], options.split, spec),
               target = side_of(set, sides[1], options.split, spec);
    const auto folder = folder_of(set);
    return from_files(folder / source, folder / target, options.limit);
  }
  throw UsageError("data", got_expected(cat("'", spec, "'"),
                                        "SOURCE,TARGET (two files), one .tsv, a catalogue name with its sides "
                                        "(multi30k:en-de), copy, reverse or phrases"));
}

}  // namespace cairn::data
