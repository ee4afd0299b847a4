#include "cairn/ops/arranged.h"

#include <ATen/Parallel.h>
#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>

#include "cairn/base/error.h"

namespace cairn::ops {

namespace {

using torch::autograd::AutogradContext;
using torch::autograd::tensor_list;

constexpr int64_t kRowsOfATask = 16;

bool is_plain(const torch::Tensor& matrix) {
  const bool floats = matrix.scalar_type() == torch::kFloat32 || matrix.scalar_type() == torch::kFloat64;
  return matrix.is_cpu() && floats;
}

/// Calls visit(i, source row of i, columns, reach of i) for every row, on all threads.
template <class Visit>
void each_row(const torch::Tensor& rows, const torch::Tensor& columns, const StaircaseMask& mask, const Visit& visit) {
  const auto* r = rows.const_data_ptr<int64_t>();
  const auto* c = columns.const_data_ptr<int64_t>();
  at::parallel_for(0, rows.size(0), kRowsOfATask, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) visit(i, r[i], c, mask.reach[i]);
  });
}

template <class Scalar>
void gather(const torch::Tensor& matrix, const torch::Tensor& rows, const torch::Tensor& columns,
            const StaircaseMask& mask, torch::Tensor& y) {
  const auto* from = matrix.const_data_ptr<Scalar>();
  auto* to = y.mutable_data_ptr<Scalar>();
  each_row(rows, columns, mask, [&, m = mask.inputs](int64_t i, int64_t row, const int64_t* column, int64_t reach) {
    for (int64_t j = 0; j < reach; ++j) to[i * m + j] = from[row * m + column[j]];
    std::fill(to + i * m + reach, to + (i + 1) * m, Scalar(0));
  });
}

template <class Scalar>
void scatter(const torch::Tensor& g, const torch::Tensor& rows, const torch::Tensor& columns, const StaircaseMask& mask,
             torch::Tensor& d) {
  const auto* from = g.const_data_ptr<Scalar>();
  auto* to = d.mutable_data_ptr<Scalar>();
  each_row(rows, columns, mask, [&, m = mask.inputs](int64_t i, int64_t row, const int64_t* column, int64_t reach) {
    for (int64_t j = 0; j < reach; ++j) to[row * m + column[j]] = from[i * m + j];
    for (int64_t j = reach; j < m; ++j) to[row * m + column[j]] = 0;
  });
}

struct Arranged : torch::autograd::Function<Arranged> {
  static torch::Tensor forward(AutogradContext* ctx, const torch::Tensor& matrix, const torch::Tensor& rows,
                               const torch::Tensor& columns, const StaircaseMask& mask) {
    ctx->save_for_backward({rows, columns});
    ctx->saved_data["reach"] = mask.reach;
    if (!is_plain(matrix)) {
      return matrix.index_select(0, rows).index_select(1, columns) * mask.dense(matrix.options());
    }
    const auto source = matrix.contiguous();
    auto y = torch::empty_like(source);
    AT_DISPATCH_FLOATING_TYPES(source.scalar_type(), "arranged",
                               [&] { gather<scalar_t>(source, rows, columns, mask, y); });
    return y;
  }

  static tensor_list backward(AutogradContext* ctx, const tensor_list& grads) {
    const auto saved = ctx->get_saved_variables();
    const auto &rows = saved[0], &columns = saved[1];
    const StaircaseMask mask{ctx->saved_data["reach"].toIntVector(), columns.size(0)};
    const auto g = grads[0].contiguous();
    torch::Tensor d;
    if (is_plain(g)) {
      d = torch::empty_like(g);
      AT_DISPATCH_FLOATING_TYPES(g.scalar_type(), "arranged", [&] { scatter<scalar_t>(g, rows, columns, mask, d); });
    } else {
      d = (g * mask.dense(g.options())).index_select(0, rows.argsort()).index_select(1, columns.argsort());
    }
    return {d, {}, {}, {}};
  }
};

}  // namespace

torch::Tensor arranged(const torch::Tensor& matrix, const torch::Tensor& rows, const torch::Tensor& columns,
                       const StaircaseMask& mask) {
  const auto expect = [](const char* name, const torch::Tensor& t, std::vector<int64_t> shape) {
    if (t.sizes() == at::IntArrayRef(shape)) return;
    throw UsageError("arranged", cat(name, ": ", got_expected(t.sizes(), at::IntArrayRef(shape))));
  };
  expect("matrix", matrix, {mask.outputs(), mask.inputs});
  expect("rows", rows, {mask.outputs()});
  expect("columns", columns, {mask.inputs});
  return Arranged::apply(matrix, rows, columns, mask);
}

}  // namespace cairn::ops
