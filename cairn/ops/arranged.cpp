#include "cairn/ops/arranged.h"

#include <ATen/Parallel.h>
#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>
#include <vector>

#include "cairn/base/error.h"
#include "cairn/ops/product_type.h"

namespace cairn::ops {

namespace {

using torch::autograd::AutogradContext;
using torch::autograd::tensor_list;

constexpr int64_t kRowsOfATask = 16;

/// Whether the loops below serve a matrix of type `own` whose arrangement has type `given`.
bool is_plain(const torch::Tensor& on, torch::ScalarType own, torch::ScalarType given) {
  const bool floats = own == torch::kFloat32 || own == torch::kFloat64;
  return on.is_cpu() && floats && (given == own || given == torch::kBFloat16);
}

/// Calls visit(Own(), Given()) with zeros of the two types.
template <class Visit>
void with_types(torch::ScalarType own, torch::ScalarType given, const Visit& visit) {
  AT_DISPATCH_FLOATING_TYPES(
      own, "arranged", [&] { given == own ? visit(scalar_t(), scalar_t()) : visit(scalar_t(), c10::BFloat16()); });
}

/// Calls visit(i, source row of i, columns, reach of i, space for a row of Own) for every row, on all threads. A row
/// goes through that space: memory is read and written in ascending order, only the space in the columns' order.
template <class Own, class Visit>
void each_row(const torch::Tensor& rows, const torch::Tensor& columns, const StaircaseMask& mask, const Visit& visit) {
  const auto* r = rows.const_data_ptr<int64_t>();
  const auto narrow = columns.to(torch::kInt32);
  const auto* c = narrow.const_data_ptr<int32_t>();
  at::parallel_for(0, rows.size(0), kRowsOfATask, [&](int64_t begin, int64_t end) {
    std::vector<Own> space(mask.inputs);
    for (int64_t i = begin; i < end; ++i) visit(i, r[i], c, mask.reach[i], space.data());
  });
}

template <class Own, class Given>
void gather(const torch::Tensor& matrix, const torch::Tensor& rows, const torch::Tensor& columns,
            const StaircaseMask& mask, torch::Tensor& y) {
  const auto* from = matrix.const_data_ptr<Own>();
  auto* to = y.mutable_data_ptr<Given>();
  const int64_t m = mask.inputs;
  each_row<Own>(rows, columns, mask, [=](int64_t i, int64_t row, const int32_t* column, int64_t reach, Own* space) {
    std::copy_n(from + row * m, m, space);
    for (int64_t j = 0; j < reach; ++j) to[i * m + j] = static_cast<Given>(space[column[j]]);
    std::fill(to + i * m + reach, to + (i + 1) * m, Given(0));
  });
}

template <class Own, class Given>
void scatter(const torch::Tensor& g, const torch::Tensor& rows, const torch::Tensor& columns, const StaircaseMask& mask,
             torch::Tensor& d) {
  const auto* from = g.const_data_ptr<Given>();
  auto* to = d.mutable_data_ptr<Own>();
  const int64_t m = mask.inputs;
  each_row<Own>(rows, columns, mask, [=](int64_t i, int64_t row, const int32_t* column, int64_t reach, Own* space) {
    std::fill_n(space, m, Own(0));
    for (int64_t j = 0; j < reach; ++j) space[column[j]] = static_cast<Own>(from[i * m + j]);
    std::copy_n(space, m, to + row * m);
  });
}

struct Arranged : torch::autograd::Function<Arranged> {
  static torch::Tensor forward(AutogradContext* ctx, const torch::Tensor& matrix, const torch::Tensor& rows,
                               const torch::Tensor& columns, const StaircaseMask& mask, torch::ScalarType type) {
    ctx->save_for_backward({rows, columns});
    ctx->saved_data["reach"] = mask.reach;
    ctx->saved_data["type"] = matrix.scalar_type();
    if (!is_plain(matrix, matrix.scalar_type(), type)) {
      return (matrix.index_select(0, rows).index_select(1, columns) * mask.dense(matrix.options())).to(type);
    }
    const auto source = matrix.contiguous();
    auto y = torch::empty(source.sizes(), source.options().dtype(type));
    with_types(source.scalar_type(), type,
               [&](auto own, auto given) { gather<decltype(own), decltype(given)>(source, rows, columns, mask, y); });
    return y;
  }

  static tensor_list backward(AutogradContext* ctx, const tensor_list& grads) {
    const auto saved = ctx->get_saved_variables();
    const auto &rows = saved[0], &columns = saved[1];
    const StaircaseMask mask{ctx->saved_data["reach"].toIntVector(), columns.size(0)};
    const auto type = ctx->saved_data["type"].toScalarType();
    const auto g = grads[0].contiguous();
    auto d = torch::empty(g.sizes(), g.options().dtype(type));
    if (is_plain(g, type, g.scalar_type())) {
      with_types(type, g.scalar_type(),
                 [&](auto own, auto given) { scatter<decltype(own), decltype(given)>(g, rows, columns, mask, d); });
    } else {
      d.copy_((g * mask.dense(g.options())).index_select(0, rows.argsort()).index_select(1, columns.argsort()));
    }
    return {d, {}, {}, {}, {}};
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
  const auto type = product_type(matrix);
  const c10::impl::ExcludeDispatchKeyGuard no_autocast(c10::autocast_dispatch_keyset);
  return Arranged::apply(matrix, rows, columns, mask, type);
}

}  // namespace cairn::ops
