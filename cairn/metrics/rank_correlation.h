// Spearman's rank correlation.
#pragma once

#include <vector>

namespace cairn::metrics {

/// Pearson's correlation of the ranks; equal values share the mean of their ranks. NaN for fewer than two pairs or
/// where one side is constant. Throws UsageError if the lengths differ.
double spearman(const std::vector<double>& a, const std::vector<double>& b);

}  // namespace cairn::metrics
