// Line and bar charts as HTML fragments with inline SVG; colours and type come from the page's style sheet.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace cairn::vision {

/// One curve. Points that are not finite leave a gap. `low` and `high`, where given (as many as x), are drawn as a
/// band.
struct Series {
  std::string name = {};
  std::vector<double> x = {}, y = {};
  std::vector<double> low = {}, high = {};
};

struct LineChart {
  std::string title = {};
  std::string unit = {};  ///< of the vertical axis, e.g. "nats"
  std::string x_label = "step";
  std::vector<Series> series = {};
  bool log_x = false;      ///< points with x <= 0 are left out
  bool from_zero = false;  ///< the vertical axis begins at 0, so that flat looks flat
};

/// A <figure>: title, legend with each curve's last value, and the chart. The vertical range leaves out the steep start
/// of long curves (their first 3 %), so that what follows can be read. Throws UsageError if x and y differ in length.
std::string render(const LineChart& chart);

struct BarChart {
  std::string title = {};
  std::string unit = {};
  std::vector<std::pair<std::string, double>> bars = {};  ///< values >= 0
  std::string highlight = {};                             ///< the name of the bar to stress
};
std::string render(const BarChart& chart);

/// At most `count` points: neighbours are averaged, and the band spans their extremes.
Series thinned(const Series& series, size_t count);

}  // namespace cairn::vision
