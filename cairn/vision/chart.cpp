// Line charts as inline SVG.
#include "cairn/vision/chart.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <sstream>

#include "cairn/base/error.h"
#include "cairn/base/text.h"
#include "cairn/vision/axis.h"
#include "cairn/vision/html.h"

namespace cairn::vision {
namespace {

// The drawing's own units; the page scales it to the column's width.
constexpr double width = 460, height = 270;
constexpr double left = 46, right = 12, top = 10, bottom = 40;
constexpr int colours = 6;  // .c1 to .c6 of the style sheet
constexpr size_t long_curve = 20;

struct Range {
  double low = std::numeric_limits<double>::infinity();
  double high = -std::numeric_limits<double>::infinity();
  void include(double value) {
    if (!std::isfinite(value)) return;
    low = std::min(low, value);
    high = std::max(high, value);
  }
  bool empty() const { return low > high; }
};

bool drawable(const LineChart& chart, double x, double y) {
  return std::isfinite(x) && std::isfinite(y) && (!chart.log_x || x > 0);
}

Range x_range(const LineChart& chart) {
  Range range;
  for (const Series& s : chart.series) {
    for (size_t i = 0; i < s.x.size(); ++i) {
      if (drawable(chart, s.x[i], s.y[i])) range.include(s.x[i]);
    }
  }
  return range;
}

Range y_range(const LineChart& chart, const Range& x) {
  const double settled = x.low + 0.03 * (x.high - x.low);
  Range range;
  for (const Series& s : chart.series) {
    for (size_t i = 0; i < s.x.size(); ++i) {
      const bool counts = s.x.size() < long_curve || chart.log_x || s.x[i] >= settled;
      if (counts && drawable(chart, s.x[i], s.y[i])) range.include(s.y[i]);
    }
  }
  return range;
}

std::string point(double x, double y) {
  return cat(fixed(x, 1), ",", fixed(y, 1));
}

class Drawing {
 public:
  Drawing(const LineChart& chart, const Axis& x, const Axis& y) : chart_(chart), x_(x), y_(y) {}

  std::string svg() {
    const std::string summary = escape_html(cat(chart_.title, " against ", chart_.x_label));
    out_ << "<svg viewBox=\"0 0 " << width << ' ' << height << "\" role=\"img\" aria-label=\"" << summary << "\">";
    axes();
    // The nested svg clips what lies outside the axes, without an id that could clash with another chart's.
    out_ << "<svg x=\"" << left << "\" y=\"" << top - 4 << "\" width=\"" << plot_width() + right << "\" height=\""
         << plot_height() + 8 << "\" viewBox=\"" << left << ' ' << top - 4 << ' ' << plot_width() + right << ' '
         << plot_height() + 8 << "\">";
    for (size_t i = 0; i < chart_.series.size(); ++i) band(chart_.series[i], i);
    for (size_t i = 0; i < chart_.series.size(); ++i) curve(chart_.series[i], i);
    out_ << "</svg></svg>";
    return out_.str();
  }

 private:
  static double plot_width() { return width - left - right; }
  static double plot_height() { return height - top - bottom; }
  double across(double x) const { return left + x_.place(x) * plot_width(); }
  double down(double y) const {
    // Far outside points stay near the drawing: renderers lose precision on huge coordinates.
    return std::clamp(top + (1 - y_.place(y)) * plot_height(), -10 * height, 10 * height);
  }

  void axes() {
    for (const Tick& tick : y_.ticks()) {
      const std::string y = fixed(down(tick.value), 1);
      out_ << "<line class=\"gridline\" x1=\"" << left << "\" x2=\"" << width - right << "\" y1=\"" << y << "\" y2=\""
           << y << "\"/><text class=\"tick\" x=\"" << left - 7 << "\" y=\"" << y
           << "\" dy=\".34em\" text-anchor=\"end\">" << tick.text << "</text>";
    }
    const double floor = height - bottom;
    out_ << "<line class=\"axis\" x1=\"" << left << "\" x2=\"" << width - right << "\" y1=\"" << floor << "\" y2=\""
         << floor << "\"/>";
    for (const Tick& tick : x_.ticks()) {
      const std::string x = fixed(across(tick.value), 1);
      out_ << "<line class=\"axis\" x1=\"" << x << "\" x2=\"" << x << "\" y1=\"" << floor << "\" y2=\"" << floor + 4
           << "\"/><text class=\"tick\" x=\"" << x << "\" y=\"" << floor + 17 << "\" text-anchor=\"middle\">"
           << tick.text << "</text>";
    }
    out_ << "<text class=\"tick label\" x=\"" << width - right << "\" y=\"" << height - 5 << "\" text-anchor=\"end\">"
         << escape_html(chart_.x_label) << "</text>";
  }

  void band(const Series& s, size_t index) {
    if (s.low.empty()) return;
    std::string upper, lower;
    for (size_t i = 0; i < s.x.size(); ++i) {
      if (!drawable(chart_, s.x[i], s.low[i]) || !std::isfinite(s.high[i])) continue;
      upper += point(across(s.x[i]), down(s.high[i])) + " ";
      lower.insert(0, point(across(s.x[i]), down(s.low[i])) + " ");
    }
    out_ << "<polygon class=\"band c" << index % colours + 1 << "\" points=\"" << upper << lower << "\"/>";
  }

  void curve(const Series& s, size_t index) {
    const std::string colour = cat("c", index % colours + 1);
    std::string points;
    size_t length = 0, shown = 0;
    double last_x = 0, last_y = 0;
    const auto finish = [&] {
      if (length > 1) out_ << "<polyline class=\"curve " << colour << "\" points=\"" << points << "\"/>";
      if (length == 1)
        out_ << "<circle class=\"dot " << colour << "\" cx=\"" << last_x << "\" cy=\"" << last_y << "\" r=\"2.5\"/>";
      points.clear();
      length = 0;
    };
    for (size_t i = 0; i < s.x.size(); ++i) {
      if (!drawable(chart_, s.x[i], s.y[i])) {
        finish();
        continue;
      }
      last_x = across(s.x[i]);
      last_y = down(s.y[i]);
      points += point(last_x, last_y) + " ";
      ++length;
      ++shown;
    }
    finish();
    if (shown > 0) {
      out_ << "<circle class=\"dot " << colour << "\" cx=\"" << fixed(last_x, 1) << "\" cy=\"" << fixed(last_y, 1)
           << "\" r=\"3.2\"/>";
    }
  }

  const LineChart& chart_;
  const Axis& x_;
  const Axis& y_;
  std::ostringstream out_;
};

std::optional<double> last_finite(const std::vector<double>& values) {
  const auto at = std::find_if(values.rbegin(), values.rend(), [](double v) { return std::isfinite(v); });
  if (at == values.rend()) return std::nullopt;
  return *at;
}

std::string caption(const LineChart& chart) {
  std::string text = cat("<figcaption><span class=\"title\">", escape_html(chart.title), "</span>");
  if (!chart.unit.empty()) text += cat("<span class=\"unit\">", escape_html(chart.unit), "</span>");
  text += "<span class=\"legend\">";
  for (size_t i = 0; i < chart.series.size(); ++i) {
    const auto last = last_finite(chart.series[i].y);
    text += cat("<span><i class=\"c", i % colours + 1, "\"></i>", escape_html(chart.series[i].name), " <b>",
                last ? readable(*last) : "-", "</b></span>");
  }
  return text + "</span></figcaption>";
}

}  // namespace

std::string render(const LineChart& chart) {
  for (const Series& s : chart.series) {
    const bool bands_fit = s.low.size() == s.high.size() && (s.low.empty() || s.low.size() == s.x.size());
    if (s.x.size() != s.y.size() || !bands_fit) {
      throw UsageError("chart",
                       cat("series '", s.name, "': ", got_expected(cat(s.y.size(), " values of y"), cat(s.x.size()))));
    }
  }
  const Range xs = x_range(chart);
  const std::string head = "<figure class=\"chart\">" + caption(chart);
  if (xs.empty()) return head + "<p class=\"empty\">No values yet.</p></figure>";
  Range ys = y_range(chart, xs);
  if (chart.from_zero) ys.include(0);
  const Axis x = chart.log_x ? Axis::logarithmic(xs.low, xs.high) : Axis::linear(xs.low, xs.high, false);
  const Axis y = Axis::linear(ys.low, ys.high, true);
  return head + Drawing(chart, x, y).svg() + "</figure>";
}

std::string render(const BarChart& chart) {
  double largest = 0;
  for (const auto& [name, value] : chart.bars) largest = std::max(largest, value);
  std::string text =
      cat("<figure class=\"chart\"><figcaption><span class=\"title\">", escape_html(chart.title),
          "</span><span class=\"unit\">", escape_html(chart.unit), "</span></figcaption><div class=\"bars\">");
  for (const auto& [name, value] : chart.bars) {
    const double share = largest > 0 && value > 0 ? 100 * value / largest : 0;
    text += cat("<span>", escape_html(name), "</span><div><i class=\"", name == chart.highlight ? "c1" : "plain",
                "\" style=\"width:", fixed(share, 2), "%\"></i></div><b>", readable(value), "</b>");
  }
  return text + "</div></figure>";
}

Series thinned(const Series& series, size_t count) {
  if (count == 0 || series.x.size() <= count) return series;
  Series thin{series.name, {}, {}, {}, {}};
  for (size_t k = 0; k < count; ++k) {
    const size_t begin = k * series.x.size() / count, end = (k + 1) * series.x.size() / count;
    Range range;
    double x = 0, y = 0;
    for (size_t i = begin; i < end; ++i) {
      x += series.x[i];
      y += series.y[i];
      range.include(series.y[i]);
    }
    thin.x.push_back(x / static_cast<double>(end - begin));
    thin.y.push_back(y / static_cast<double>(end - begin));
    thin.low.push_back(range.empty() ? thin.y.back() : range.low);
    thin.high.push_back(range.empty() ? thin.y.back() : range.high);
  }
  return thin;
}

}  // namespace cairn::vision
