// A network over pixels as sampling and coding run it: a list of layers, each of which can be computed at any part of a
// row. One pixel at a time with earlier results kept, or row by row over a whole image, the arithmetic is the same bit
// by bit (ops/packed_matrix.h, ops/row_kernels.h), on any machine.
#pragma once

#include <vector>

#include "cairn/models/autoregressive/image_shape.h"
#include "cairn/models/autoregressive/masked_conv.h"
#include "cairn/models/autoregressive/state_conv.h"
#include "cairn/ops/image_lines.h"
#include "cairn/ops/packed_matrix.h"

namespace cairn::autoregressive {

/// Features of every pixel. Channels lie in a block for each colour channel (ImageShape::channels).
struct PixelMap {
  int64_t channels;
  bool by_row;        ///< known for a whole row as soon as the rows above are: depends on no pixel of its own row
  int64_t above = 0;  ///< rows above a pixel that a layer reads
  int64_t side = 0;   ///< columns to its left and right
};

/// One row of a filter: taps at columns [first_column, ..) of row `row`, a matrix [out / groups, taps * in] a group.
struct KernelRow {
  int64_t row, first_column;
  std::vector<ops::PackedMatrix> groups;
};

struct PixelLayer {
  enum class Kind { conv, lstm, relu, gate, add };
  Kind kind;
  int64_t from, other, to;              ///< maps; `other` of add, and of lstm: what the rows above give to the gates
  std::vector<KernelRow> kernel = {};   ///< of conv; of lstm: what the pixel beside gives
  torch::Tensor bias = {}, label = {};  ///< of conv: [out], [labels, out]

  // Of lstm:
  int64_t cell = 0;                   ///< map of c
  ops::PixelOffset predecessor = {};  ///< whose c goes on; to the right: a row is computed from its end
};

/// Built from a network's own definition: it calls these as it would call tensor operations.
class PixelProgram {
 public:
  using Map = int64_t;

  explicit PixelProgram(const ImageShape& shape);
  Map input() const { return 0; }
  Map conv(Map x, const MaskedConv& layer);
  Map relu_conv(Map x, const MaskedConv& layer) { return conv(relu(x), layer); }
  Map add_conv(Map h, Map x, const MaskedConv& layer) { return add(h, conv(x, layer)); }
  Map add_relu_conv(Map h, Map x, const MaskedConv& layer) { return add(h, relu_conv(x, layer)); }
  Map add(Map a, Map b) { return elementwise(PixelLayer::Kind::add, a, b, maps_[a].channels); }
  Map lstm(Map a, const StateConv& state);
  Map gate(Map a) { return elementwise(PixelLayer::Kind::gate, a, a, maps_[a].channels / 2); }
  Map gate(Map a, Map b) { return gate(add(a, b)); }

  const ImageShape& shape() const { return shape_; }
  const std::vector<PixelMap>& maps() const { return maps_; }
  const std::vector<PixelLayer>& layers() const { return layers_; }

 private:
  Map relu(Map x) { return elementwise(PixelLayer::Kind::relu, x, x, maps_[x].channels); }
  Map elementwise(PixelLayer::Kind kind, Map a, Map b, int64_t channels);
  Map new_map(int64_t channels, bool by_row);
  void reads(Map x, int64_t above, int64_t side);

  ImageShape shape_;
  std::vector<PixelMap> maps_;
  std::vector<PixelLayer> layers_;
};

}  // namespace cairn::autoregressive
