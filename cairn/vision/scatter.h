// Named points in a plane, as an HTML fragment with inline SVG.
#pragma once

#include <string>
#include <vector>

namespace cairn::vision {

struct NamedPoint {
  std::string name;
  double x = 0, y = 0;
};

struct ScatterPlot {
  std::string title = {};
  std::vector<NamedPoint> points = {};  ///< points that are not finite are left out
};

/// A <figure>: each point is its name. Where names would cover each other, the later one is a dot, with its name shown
/// when pointed at; so put first what matters most.
std::string render(const ScatterPlot& plot);

}  // namespace cairn::vision
