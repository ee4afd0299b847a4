// Softmax attention of one query on plain memory; attention_rows.cpp brings the tensors and threads.
#pragma once

#include <cstdint>

namespace cairn::ops {

template <class T>
struct AttentionRow {
  const T* q;  ///< [width]
  const T* k;  ///< [keys, width], rows k_stride apart
  int64_t k_stride;
  const T* v;  ///< [keys, width], rows v_stride apart
  int64_t v_stride;
  int64_t keys;  ///< at least 1
  int64_t width;
  T scale;     ///< of q k
  T* weights;  ///< [keys]: gets softmax(scale q k)
  T* out;      ///< [width]: gets their mean of v
};

void attend_row(const AttentionRow<float>& row);
void attend_row(const AttentionRow<double>& row);

}  // namespace cairn::ops
