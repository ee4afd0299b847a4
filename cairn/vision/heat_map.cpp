#include "cairn/vision/heat_map.h"

#include <algorithm>
#include <sstream>

#include "cairn/base/error.h"
#include "cairn/base/text.h"
#include "cairn/vision/html.h"

namespace cairn::vision {

namespace {

constexpr double kCell = 24, kLetter = 7.6, kGap = 6;

double longest(const std::vector<std::string>& names) {
  size_t most = 0;
  for (const auto& name : names) most = std::max(most, letters(name));
  return static_cast<double>(most) * kLetter + kGap;
}

void check(const HeatMap& map) {
  bool fits = map.shares.size() == map.rows.size();
  for (const auto& row : map.shares) fits = fits && row.size() == map.columns.size();
  if (!fits) throw UsageError("heat map", got_expected("shares of another shape", "one for each row and column"));
}

void draw_columns(std::ostream& out, const HeatMap& map, double left, double top) {
  for (size_t j = 0; j < map.columns.size(); ++j) {
    const double x = left + kCell * (static_cast<double>(j) + 0.7);
    out << "<text class=\"tick\" transform=\"translate(" << fixed(x, 1) << ' ' << fixed(top - kGap, 1)
        << ") rotate(-90)\">" << escape_html(map.columns[j]) << "</text>";
  }
}

void draw_row(std::ostream& out, const HeatMap& map, size_t i, double left, double y) {
  out << "<text class=\"tick\" text-anchor=\"end\" x=\"" << fixed(left - kGap, 1) << "\" y=\""
      << fixed(y + kCell * 0.7, 1) << "\">" << escape_html(map.rows[i]) << "</text>";
  for (size_t j = 0; j < map.columns.size(); ++j) {
    const double share = map.shares[i][j];
    out << "<rect class=\"cell\" x=\"" << fixed(left + kCell * static_cast<double>(j), 1) << "\" y=\"" << fixed(y, 1)
        << "\" width=\"" << kCell << "\" height=\"" << kCell << "\" fill-opacity=\"" << fixed(share, 3) << "\"><title>"
        << escape_html(cat(map.rows[i], " / ", map.columns[j], ": ", fixed(share, 3))) << "</title></rect>";
  }
}

/// `style`: rules for the classes "tick" and "cell" that the drawing carries itself.
std::string drawing(const HeatMap& map, const std::string& style) {
  check(map);
  const double left = longest(map.rows), top = longest(map.columns);
  const double width = left + kCell * static_cast<double>(map.columns.size()) + kGap;
  const double height = top + kCell * static_cast<double>(map.rows.size()) + kGap;
  std::ostringstream out;
  out << "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 " << fixed(width, 1) << ' ' << fixed(height, 1)
      << "\" style=\"max-width:" << fixed(width, 0) << "px\" role=\"img\" aria-label=\"" << escape_html(map.title)
      << "\">" << style;
  draw_columns(out, map, left, top);
  for (size_t i = 0; i < map.rows.size(); ++i) draw_row(out, map, i, left, top + kCell * static_cast<double>(i));
  out << "</svg>";
  return std::move(out).str();
}

}  // namespace

std::string render(const HeatMap& map) {
  return cat("<figure class=\"chart\"><figcaption><span class=\"title\">", escape_html(map.title),
             "</span></figcaption>", drawing(map, ""), "</figure>\n");
}

std::string svg(const HeatMap& map) {
  return drawing(map,
                 "<style>.tick { fill: #808890; font: 11.5px sans-serif; } "
                 ".cell { fill: #2f7ed8; stroke: #80889040; }</style>");
}

}  // namespace cairn::vision
