// Pictures of what a density model does: samples, and the lower halves of test images drawn anew.
#pragma once

#include <map>

#include "cairn/models/autoregressive/autoregressive_data.h"
#include "cairn/models/autoregressive/model_factory.h"
#include "cairn/vision/page.h"

namespace cairn::autoregressive {

/// A sheet of pictures of x [N, D (+ label)]: uint8. Shapes that are no pictures give one row an example.
torch::Tensor sheet(const torch::Tensor& x, const ModelSpec& spec, int64_t columns);

/// How examples come to be in raster order: a row an example, a column a stage; what is not drawn yet is grey. For
/// models that go through pictures in raster order.
torch::Tensor growth_strip(const torch::Tensor& x, const ModelSpec& spec);

/// The same as a film: a frame a stage, the examples side by side; the last frames show them whole.
torch::Tensor growth_film(const torch::Tensor& x, const ModelSpec& spec);

/// Adds samples and, where the order allows it, completions of held-out examples to the page.
void write_gallery(vision::Page& page, const LoadedModel& loaded, const std::map<data::Split, DataSet>& sets);

}  // namespace cairn::autoregressive
