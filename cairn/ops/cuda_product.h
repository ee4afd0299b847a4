// A matrix product by one block of CUDA threads. Its operands are functions of row and column, so that factors, masks
// and columns of ones cost no memory; 64 x 64 results at a time stand in registers, 16 products' operands in shared
// memory.
#pragma once

#include "cairn/ops/cuda_block.h"

namespace cairn::ops {

struct ProductSizes {
  int64_t rows, columns, inner;
};

/// Where the operands of a product wait. One for all products of a block.
template <class T>
struct ProductRoom {
  static constexpr int kTile = 64;  ///< rows and columns of results at a time
  static constexpr int kDepth = 16;
  static constexpr int kEach = 4;  ///< a thread has kEach x kEach of them
  T a[kDepth][kTile + 1];          // one more: threads that write a column meet other banks
  T b[kDepth][kTile];
};

template <class T>
struct ProductTile {
  T sums[ProductRoom<T>::kEach][ProductRoom<T>::kEach];
};

/// store(i, j, sum over x of a(i, x) b(x, j)), each sum in ascending order of x, whatever the sizes. `store` may
/// replace what a and b read only where no other row or column needs it. A barrier behind it.
template <class T, class A, class B, class Store>
CAIRN_DEVICE void multiply(const CudaBlock& block, ProductRoom<T>& room, const ProductSizes& size, const A& a,
                           const B& b, const Store& store) {
  using Room = ProductRoom<T>;
  constexpr int kAcross = Room::kTile / Room::kEach;  // threads beside one another
  static_assert(kAcross * kAcross == CudaBlock::kThreads);
  PerThread<ProductTile<T>> tile;
  const auto each_result = [](int thread, const auto& body) {
    for (int r = 0; r < Room::kEach; ++r) {
      for (int c = 0; c < Room::kEach; ++c) {
        body(r, c, thread / kAcross + r * kAcross, thread % kAcross + c * kAcross);
      }
    }
  };
  for (int64_t top = 0; top < size.rows; top += Room::kTile) {
    for (int64_t left = 0; left < size.columns; left += Room::kTile) {
      block.threads(
          [&](int thread) { each_result(thread, [&](int r, int c, int, int) { tile[thread].sums[r][c] = T(0); }); });
      for (int64_t x = 0; x < size.inner; x += Room::kDepth) {
        block.each(Room::kDepth * Room::kTile, [&](int64_t e) {
          const int64_t i = e / Room::kDepth, d = e % Room::kDepth;  // neighbours read neighbours
          room.a[d][i] = top + i < size.rows && x + d < size.inner ? a(top + i, x + d) : T(0);
          const int64_t depth = e / Room::kTile, j = e % Room::kTile;
          room.b[depth][j] = left + j < size.columns && x + depth < size.inner ? b(x + depth, left + j) : T(0);
        });
        block.threads([&](int thread) {
          for (int d = 0; d < Room::kDepth; ++d) {
            each_result(thread,
                        [&](int r, int c, int i, int j) { tile[thread].sums[r][c] += room.a[d][i] * room.b[d][j]; });
          }
        });
      }
      block.threads([&](int thread) {
        each_result(thread, [&](int r, int c, int i, int j) {
          if (top + i < size.rows && left + j < size.columns) store(top + i, left + j, tile[thread].sums[r][c]);
        });
      });
    }
  }
}

}  // namespace cairn::ops
