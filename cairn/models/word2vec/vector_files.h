// Vector files of other programs: word2vec's binary and text formats, which
// gensim and fastText (.vec) share, and fastText's .bin models.
#pragma once

#include <filesystem>

#include "cairn/models/word2vec/vector_table.h"

namespace cairn::word2vec {

struct ReadOptions {
  int64_t limit = 0;  ///< the first N words; 0: all
};

/// "V D\n", then for each word its name, a space, D little-endian floats and
/// (with word2vec.c, not with gensim) a newline. Throws InputError naming word
/// and byte for a name that is not UTF-8, a repeated word, numbers that are not
/// finite, a file that ends early or goes on.
VectorTable read_word2vec_binary(const std::filesystem::path& path, ReadOptions options = {});

/// "V D", then a line for each word: name and D numbers, separated by spaces.
/// Throws InputError naming the line.
VectorTable read_word2vec_text(const std::filesystem::path& path, ReadOptions options = {});

/// fastText's model (version 12, not quantized): each word's vector is the mean
/// of its row and its n-grams' rows. Throws InputError naming the byte.
VectorTable read_fasttext_bin(const std::filesystem::path& path);

/// As word2vec.c writes it (floats as they are; text: %lf with 6 digits in
/// word2vec.c, here every digit, so that it reads back to the same float).
void write_word2vec_binary(const VectorTable& table, const std::filesystem::path& path);
void write_word2vec_text(const VectorTable& table, const std::filesystem::path& path);
/// As fastText: a space after the last number too.
void write_fasttext_vec(const VectorTable& table, const std::filesystem::path& path);

}  // namespace cairn::word2vec
