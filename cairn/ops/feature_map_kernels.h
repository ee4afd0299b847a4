// Elementwise feature maps on plain memory. T: float or double.
#pragma once

#include <cstdint>

#include "cairn/ops/feature_maps.h"

namespace cairn::ops {

/// phi[n] = phi(x[n])
template <class T>
struct MapElements {
  const T* x;
  T* phi;
  int64_t count;
  FeatureMap map;
};
template <class T>
void map_elements(const MapElements<T>& job);

/// dx[n] = phi'(x[n]) dphi[n], of which phi tells all.
template <class T>
struct MapGradient {
  const T* phi;
  const T* d_phi;
  T* dx;
  int64_t count;
  FeatureMap map;
};
template <class T>
void map_gradient(const MapGradient<T>& job);

}  // namespace cairn::ops
