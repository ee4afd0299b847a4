#include "cairn/vision/scatter.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <sstream>

#include "cairn/base/error.h"
#include "cairn/base/text.h"
#include "cairn/vision/html.h"

namespace cairn::vision {

namespace {

// The drawing's own units; the page scales it to the column's width.
constexpr double kWidth = 920, kHeight = 620, kMargin = 36;
constexpr double kLetter = 6.6, kLine = 14;  // about what a letter of a tick takes

struct Box {
  double left, right, top, bottom;
  bool covers(const Box& other) const {
    return left < other.right && other.left < right && top < other.bottom && other.top < bottom;
  }
};

/// Maps [low, high] of the points to the drawing's width or height.
struct Span {
  double low = std::numeric_limits<double>::infinity(), high = -std::numeric_limits<double>::infinity();
  void include(double value) {
    low = std::min(low, value);
    high = std::max(high, value);
  }
  double place(double value, double size) const {
    return high > low ? kMargin + (value - low) / (high - low) * (size - 2 * kMargin) : size / 2;
  }
};

}  // namespace

std::string render(const ScatterPlot& plot) {
  Span xs, ys;
  std::vector<NamedPoint> points;
  for (const NamedPoint& point : plot.points) {
    if (!std::isfinite(point.x) || !std::isfinite(point.y)) continue;
    xs.include(point.x);
    ys.include(point.y);
    points.push_back(point);
  }
  std::ostringstream out;
  out << "<figure class=\"chart\"><figcaption><span class=\"title\">" << escape_html(plot.title)
      << "</span></figcaption><svg viewBox=\"0 0 " << kWidth << ' ' << kHeight << "\" role=\"img\" aria-label=\""
      << escape_html(plot.title) << "\">";
  std::vector<Box> taken;
  for (const NamedPoint& point : points) {
    const double x = xs.place(point.x, kWidth), y = kHeight - ys.place(point.y, kHeight);
    const double half = static_cast<double>(letters(point.name)) * kLetter / 2;
    const Box box{x - half, x + half, y - kLine / 2, y + kLine / 2};
    const auto covers = [&](const Box& other) { return other.covers(box); };
    if (std::any_of(taken.begin(), taken.end(), covers)) {
      out << "<circle class=\"dot c1\" cx=\"" << fixed(x, 1) << "\" cy=\"" << fixed(y, 1) << "\" r=\"2\"><title>"
          << escape_html(point.name) << "</title></circle>";
      continue;
    }
    taken.push_back(box);
    out << "<text class=\"tick\" x=\"" << fixed(x, 1) << "\" y=\"" << fixed(y + kLine / 4, 1)
        << "\" text-anchor=\"middle\">" << escape_html(point.name) << "</text>";
  }
  out << "</svg></figure>";
  return std::move(out).str();
}

}  // namespace cairn::vision
