// The friendly faces of Transformers: translator.h and text_generator.h, and which of them a model folder is for.
#pragma once

#include "cairn/models/transformer/text_generator.h"
#include "cairn/models/transformer/translator.h"

namespace cairn::transformer {

/// Throws InputError if `folder` holds no such model.
std::unique_ptr<Pipeline> load_pipeline(const std::filesystem::path& folder);

}  // namespace cairn::transformer
