// From what a recipe or a command line says (SPEC) to tensors.
//
// A SPEC is a catalogue name ("mnist": the split picks the file), a name with a split of its own ("mnist:test"), or the
// path of a .npy, .npz or idx file (gzipped or not) or of a folder of PNG files; "digits.npz:images" names one array of
// several.
#pragma once

#include <string>

#include <torch/types.h>

#include "cairn/data/batch.h"
#include "cairn/data/image_folder.h"

namespace cairn::data {

/// The examples of a split, one a row: [N, ...] in the file's own dtype. `limit` > 0 keeps the first `limit` rows.
/// Throws UsageError for an unknown name or a split the set lacks, EnvironmentError (with how to get it) for a set or
/// file that is not here, InputError for a damaged file. Of a folder's files, unreadable ones may be skipped.
torch::Tensor load_array_split(const std::string& spec, Split split, int64_t limit = 0,
                               Unreadable unreadable = Unreadable::refuse);

/// The labels that belong to the same rows: [N] int64. Of a catalogue name, its label file; of a path, the file of the
/// same name with "labels" for "images" (and idx1 for idx3), or whatever stands after a comma: "digits.npy,names.npy".
/// Throws UsageError if there are none.
torch::Tensor load_labels(const std::string& spec, Split split, int64_t limit = 0);

/// "mnist, test split" or "digits.npy": how messages name the examples of a SPEC.
std::string describe_source(const std::string& spec, Split split);

/// What is known of the licence of a SPEC's data: the catalogue's words, or that the data are the user's own.
std::string licence_of(const std::string& spec);

}  // namespace cairn::data
