// Small products against LibTorch's for all sizes that make other tiles, triangles, transposition; the same bits
// whatever stands beside.
#include "cairn/ops/small_products.h"

#include <gtest/gtest.h>
#include <torch/types.h>

namespace cairn::ops {
namespace {

template <class T>
Matrix<T> view(const torch::Tensor& t) {
  return {t.data_ptr<std::remove_const_t<T>>(), t.size(0), t.size(1), t.stride(0)};
}

template <class T>
class SmallProducts : public testing::Test {
 protected:
  static torch::TensorOptions options() { return torch::dtype(c10::CppTypeToScalarType<T>::value); }
  static double bound() { return sizeof(T) == 4 ? 1e-4 : 1e-12; }

  static torch::Tensor product(const torch::Tensor& a, const torch::Tensor& b, torch::Tensor out, bool transpose_a,
                               bool add, Triangle triangle = Triangle::none) {
    multiply<T>({.a = view<const T>(a),
                 .b = view<const T>(b),
                 .out = view<T>(out),
                 .transpose_a = transpose_a,
                 .add = add,
                 .triangle = triangle});
    return out;
  }
};
using Types = testing::Types<float, double>;
TYPED_TEST_SUITE(SmallProducts, Types);

TYPED_TEST(SmallProducts, EqualLibTorchsForAnySizes) {
  torch::manual_seed(1);
  for (const int64_t rows : {0, 1, 5, 6, 7, 13, 64}) {
    for (const int64_t columns : {0, 1, 3, 16, 17, 63, 64, 65, 130}) {
      for (const int64_t inner : {0, 1, 2, 64, 300}) {
        const auto a = torch::randn({rows, inner}, this->options()),
                   b = torch::randn({inner, columns}, this->options());
        const auto start = torch::randn({rows, columns + 2}, this->options());
        const auto out = start.clone();
        const auto expected = torch::mm(a, b);
        const auto own = out.slice(1, 1, columns + 1), before = start.slice(1, 1, columns + 1);
        this->product(a, b, own, false, true);
        EXPECT_TRUE(torch::allclose(own, before + expected, 0, this->bound()));
        this->product(a.t().contiguous(), b, own, true, false);
        EXPECT_TRUE(torch::allclose(own, expected, 0, this->bound()));
        EXPECT_TRUE(torch::equal(out.select(1, 0), start.select(1, 0)));  // nothing is written beside it
        EXPECT_TRUE(torch::equal(out.select(1, columns + 1), start.select(1, columns + 1)));
      }
    }
  }
}

TYPED_TEST(SmallProducts, TrianglesAreWhatTheyNeed) {
  torch::manual_seed(2);
  for (const int64_t n : {1, 7, 33, 64}) {
    const auto a = torch::randn({n, n}, this->options()), b = torch::randn({n, n + 3}, this->options());
    const auto out = torch::zeros({n, n + 3}, this->options());
    this->product(a.tril(), b, out, false, false, Triangle::lower_a);
    EXPECT_TRUE(torch::allclose(out, torch::mm(a.tril(), b), 0, this->bound()));
    this->product(a.tril(), b, out, true, false, Triangle::upper_a);
    EXPECT_TRUE(torch::allclose(out, torch::mm(a.tril().t(), b), 0, this->bound()));
    this->product(a, b, out, false, false, Triangle::lower_out);
    EXPECT_TRUE(torch::allclose(out.tril(), torch::mm(a, b).tril(), 0, this->bound()));
  }
}

TYPED_TEST(SmallProducts, ARowHasTheSameBitsAloneAndBesideOthers) {
  torch::manual_seed(3);
  const auto a = torch::randn({23, 70}, this->options()), b = torch::randn({70, 65}, this->options());
  const auto all = this->product(a, b, torch::empty({23, 65}, this->options()), false, false);
  for (int64_t i = 0; i < 23; ++i) {
    const auto alone = torch::empty({1, 65}, this->options());
    this->product(a.slice(0, i, i + 1), b, alone, false, false);
    EXPECT_TRUE(torch::equal(alone[0], all[i])) << i;
  }
}

TYPED_TEST(SmallProducts, Transpose) {
  for (const int64_t rows : {0, 1, 3, 4, 64, 65}) {
    for (const int64_t columns : {0, 1, 4, 7, 64}) {
      const auto a = torch::randn({rows, columns}, this->options());
      const auto out = torch::empty({columns, rows}, this->options());
      transpose<TypeParam>(view<const TypeParam>(a), view<TypeParam>(out));
      EXPECT_TRUE(torch::equal(out, a.t()));
    }
  }
}

}  // namespace
}  // namespace cairn::ops
