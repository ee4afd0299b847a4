// A matrix of shares with names at its rows and columns, as an HTML fragment with inline SVG.
#pragma once

#include <string>
#include <vector>

namespace cairn::vision {

struct HeatMap {
  std::string title = {};
  std::vector<std::string> rows = {}, columns = {};
  std::vector<std::vector<double>> shares = {};  ///< [rows][columns], 0 .. 1: the larger, the fuller the square
};

/// A <figure>; a square's number is shown when pointed at. Throws UsageError for shares of another shape.
std::string render(const HeatMap& map);

/// The drawing alone, as an SVG file with colours of its own, legible on light and dark ground.
std::string svg(const HeatMap& map);

}  // namespace cairn::vision
