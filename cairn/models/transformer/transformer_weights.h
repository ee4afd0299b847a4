// The weight layouts of Transformers: our own state dict, Hugging Face's Marian and GPT-2, fairseq.
#pragma once

#include <vector>

#include "cairn/models/layout.h"
#include "cairn/models/state_dict_layouts.h"
#include "cairn/models/transformer/model_factory.h"

namespace cairn::transformer {

std::vector<Layout> layouts();

/// An output's bias that makes its probability 0: e^-10000 is 0, and half precision holds the number.
constexpr float kNeverLikely = -1e4F;

/// Makes `request.folder` a model folder: the network of `spec` with these tensors (strict), and its tokenizers.
void write_imported_transformer(const ModelSpec& spec, const io::TensorMap& tensors, ImportRequest request);

/// `tensors` without those named, which must be the same as `original` where they are there. Throws InputError naming
/// `source` where one differs.
void drop_copies(io::TensorMap& tensors, const torch::Tensor& original, const std::vector<std::string>& names,
                 const std::string& source);

}  // namespace cairn::transformer
