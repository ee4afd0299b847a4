#include "cairn/models/autoregressive/receptive_field.h"

#include <torch/csrc/autograd/autograd.h>
#include <torch/types.h>

#include "cairn/base/error.h"
#include "cairn/models/autoregressive/image_model.h"
#include "cairn/vision/image.h"

namespace cairn::autoregressive {

namespace {

/// An example whose values are drawn evenly: [1, D].
torch::Tensor random_example(const ops::Variables& variables, RandomStream random) {
  const auto x = torch::empty({1, variables.D()}, torch::kUInt8);
  for (int64_t d = 0; d < variables.D(); ++d) {
    x.data_ptr<uint8_t>()[d] = static_cast<uint8_t>(random.below(variables.levels[d]));
  }
  return x;
}

constexpr int64_t kExamples = 2;  // a unit at rest hides what it sees; another example wakes it

/// By the gradient in double precision, which finds what no longer changes a conditional's last bit.
torch::Tensor seen_by(ImageModel& model, const ImageShape& shape, int64_t variable) {
  const auto type = model.parameters().front().scalar_type();
  model.to(torch::kFloat64);
  torch::Tensor seen = torch::zeros({shape.pixels() * shape.channels}, torch::kBool);
  for (int64_t example = 0; example < kExamples; ++example) {
    const auto x = random_example(model.variables(), RandomStream(1, "receptive field").at(example));
    const auto planes = model.planes(x).detach().requires_grad_();
    const auto logits = model.tensor_logits(planes, model.labels_of(x));
    const int64_t rows = model.variables().levels[variable] - 1;
    const auto own = logits.narrow(1, model.variables().offsets[variable], rows).sum();
    const auto gradient = torch::autograd::grad({own}, {planes}, {}, {}, false, /*allow_unused=*/true)[0];
    if (gradient.defined()) seen.logical_or_(gradient.permute({0, 2, 3, 1}).flatten().ne(0));
  }
  model.to(type);
  return seen;
}

/// Which of the first `pixels` variables change the conditional of `variable`: [pixels].
torch::Tensor seen_by(DensityModel& model, int64_t variable, int64_t pixels) {
  const torch::NoGradGuard no_grad;
  const auto seen = torch::zeros({pixels}, torch::kBool);
  for (int64_t example = 0; example < kExamples; ++example) {
    const auto x = random_example(model.variables(), RandomStream(1, "receptive field").at(example));
    const auto changed = x.repeat({pixels, 1});
    for (int64_t j = 0; j < pixels; ++j) {
      uint8_t& value = changed.data_ptr<uint8_t>()[j * x.size(1) + j];
      value = static_cast<uint8_t>((value + 1) % model.variables().levels[j]);
    }
    const auto before = model.conditionals(x, 0)[0][variable];
    seen.logical_or_(model.conditionals(changed, 0).select(1, variable) != before);
  }
  seen[variable] = false;
  return seen;
}

torch::Tensor colour(int64_t red, int64_t green, int64_t blue) {
  return torch::tensor({red, green, blue}, torch::kUInt8);
}

}  // namespace

ReceptiveField receptive_field(DensityModel& model, const ModelSpec& spec, int64_t row, int64_t column) {
  const auto& shape = spec.shape;
  if (shape.size() != 2 && shape.size() != 3) {
    throw UsageError("sees",
                     got_expected(cat("a model of examples of shape ", c10::IntArrayRef(shape)), "one of pictures"));
  }
  const int64_t H = shape[0], W = shape[1], channels = shape.size() == 3 ? shape[2] : 1;
  if (row < 0 || row >= H || column < 0 || column >= W) {
    throw UsageError("sees", got_expected(cat("row ", row, ", column ", column),
                                          cat("rows 0 .. ", H - 1, ", columns 0 .. ", W - 1)));
  }
  const int64_t pixel = row * W + column;
  ReceptiveField field;
  auto* image_model = dynamic_cast<ImageModel*>(&model);
  const auto seen = image_model == nullptr ? seen_by(model, pixel * channels, H * W * channels)
                                           : seen_by(*image_model, {H, W, channels}, pixel * channels);
  field.seen = seen.view({H * W, channels}).any(1);
  const auto positions = torch::tensor(inverse(model.order(0))).slice(0, 0, H * W * channels).view({H * W, channels});
  field.earlier = positions.select(1, 0) < positions[pixel][0];
  field.picture = colour(70, 70, 78).repeat({H * W, 1});
  field.picture.index_put_({field.earlier}, colour(240, 150, 40));
  field.picture.index_put_({field.seen}, colour(225, 232, 240));
  field.picture[pixel] = colour(200, 30, 40);
  field.picture = vision::enlarge(field.picture.view({H, W, 3}), 8);
  field.seen = field.seen.view({H, W});
  field.earlier = field.earlier.view({H, W});
  return field;
}

}  // namespace cairn::autoregressive
