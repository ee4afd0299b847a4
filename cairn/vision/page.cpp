// A self-contained HTML page.
#include "cairn/vision/page.h"

#include <algorithm>

#include "cairn/base/error.h"
#include "cairn/base/text.h"
#include "cairn/io/atomic_file.h"
#include "cairn/vision/html.h"
#include "cairn/vision/image.h"
#include "cairn/vision/page_style.h"

namespace cairn::vision {
namespace {

std::string element(const std::string& name, const std::string& text) {
  return cat("<", name, ">", escape_html(text), "</", name, ">\n");
}

std::string figure(const Picture& picture) {
  const int64_t scale = std::max<int64_t>(1, picture.scale);
  const std::string png = encode_png(picture.pixels);
  std::string text =
      cat("<figure class=\"picture card\"><img class=\"", picture.smooth ? "smooth" : "sharp", "\" width=\"",
          picture.pixels.size(1) * scale, "\" height=\"", picture.pixels.size(0) * scale, "\" alt=\"",
          escape_html(picture.caption), "\" src=\"data:image/png;base64,", base64(png), "\">");
  if (!picture.caption.empty()) text += "<figcaption>" + escape_html(picture.caption) + "</figcaption>";
  return text + "</figure>\n";
}

/// The frames lie below each other in one image, and the style's steps move it by a frame at a time.
std::string figure(const Film& film) {
  const auto& frames = film.frames;
  if (frames.dim() < 3 || frames.size(0) < 1) {
    throw UsageError("film", got_expected(frames.sizes(), "[N, H, W] or [N, H, W, 3], N at least 1"));
  }
  const int64_t width = frames.size(2) * std::max<int64_t>(1, film.scale);
  std::string text =
      cat("<figure class=\"picture card\"><div class=\"film\" role=\"img\" aria-label=\"", escape_html(film.caption),
          "\" style=\"width:", width, "px;aspect-ratio:", frames.size(2), "/", frames.size(1),
          ";animation-duration:", fixed(film.seconds, 1), "s;animation-timing-function:steps(", frames.size(0),
          ",jump-none);background-image:url(data:image/png;base64,", base64(encode_png(frames.flatten(0, 1))),
          ")\"></div>");
  if (!film.caption.empty()) text += "<figcaption>" + escape_html(film.caption) + "</figcaption>";
  return text + "</figure>\n";
}

/// A number, perhaps with a sign, thousands commas, an exponent or a percent sign.
bool looks_like_number(const std::string& text) {
  return text.find_first_of("0123456789") != std::string::npos &&
         text.find_first_not_of("0123456789.,+-e%") == std::string::npos;
}

std::vector<std::string> column_classes(const Table& table) {
  std::vector<std::string> classes(table.header.size());
  for (size_t column = 0; column < classes.size(); ++column) {
    const bool numbers = !table.rows.empty() && std::all_of(table.rows.begin(), table.rows.end(), [&](const auto& row) {
      return row[column].empty() || row[column] == "-" || looks_like_number(row[column]);
    });
    if (numbers) classes[column] = " class=\"n\"";
  }
  return classes;
}

std::string table_row(const char* cell, const std::vector<std::string>& texts,
                      const std::vector<std::string>& classes) {
  std::string text = "<tr>";
  for (size_t i = 0; i < texts.size(); ++i)
    text += cat("<", cell, classes[i], ">", escape_html(texts[i]), "</", cell, ">");
  return text + "</tr>\n";
}

}  // namespace

Page::Page(std::string title, std::string subtitle) : title_(std::move(title)), subtitle_(std::move(subtitle)) {}

Page& Page::heading(const std::string& text) {
  sections_.push_back(text);
  under_ = text;
  body_ += cat("<h2 id=\"s", sections_.size(), "\">", escape_html(text), "</h2>\n");
  return *this;
}

Page& Page::subheading(const std::string& text) {
  under_ = text;
  body_ += element("h3", text);
  return *this;
}

Page& Page::paragraph(const std::string& text) {
  body_ += element("p", text);
  return *this;
}

Page& Page::note(const std::string& text) {
  body_ += cat("<p class=\"note\">", escape_html(text), "</p>\n");
  return *this;
}

Page& Page::tiles(const Facts& tiles) {
  body_ += "<div class=\"tiles\">";
  for (const auto& [label, value] : tiles) {
    body_ += cat("<div><span>", escape_html(label), "</span><b>", escape_html(value), "</b></div>");
  }
  body_ += "</div>\n";
  return *this;
}

Page& Page::facts(const Facts& facts) {
  body_ += "<dl class=\"card\">";
  for (const auto& [name, value] : facts) {
    body_ += cat("<dt>", escape_html(name), "</dt><dd>", escape_html(value), "</dd>");
  }
  body_ += "</dl>\n";
  return *this;
}

Page& Page::table(const Table& table) {
  for (const auto& row : table.rows) {
    if (row.size() != table.header.size()) {
      throw UsageError("table", got_expected(cat("a row of ", row.size(), " cells"), table.header.size()));
    }
  }
  const auto classes = column_classes(table);
  body_ += "<div class=\"scroll card\"><table><thead>" + table_row("th", table.header, classes) + "</thead><tbody>";
  for (const auto& row : table.rows) body_ += table_row("td", row, classes);
  body_ += "</tbody></table></div>\n";
  return *this;
}

Page& Page::code(const Code& code) {
  const std::string text = "<pre>" + escape_html(code.text) + "</pre>";
  const std::string caption = escape_html(code.caption);
  if (code.folded) {
    body_ += cat("<details class=\"code card\"><summary>", caption.empty() ? "Show" : caption, "</summary>", text,
                 "</details>\n");
  } else {
    body_ += cat("<div class=\"code card\">", caption.empty() ? "" : "<p>" + caption + "</p>", text, "</div>\n");
  }
  return *this;
}

Page& Page::image(const Picture& picture) {
  return images({picture});
}

Page& Page::images(const std::vector<Picture>& row) {
  body_ += "<div class=\"pictures\">";
  for (const Picture& picture : row) {
    pictures_.emplace_back(under_, picture);
    body_ += figure(picture);
  }
  body_ += "</div>\n";
  return *this;
}

Page& Page::film(const Film& film) {
  body_ += "<div class=\"pictures\">" + figure(film) + "</div>\n";
  return *this;
}

Page& Page::chart(const LineChart& chart) {
  body_ += render(chart) + "\n";
  return *this;
}

Page& Page::charts(const std::vector<LineChart>& row) {
  body_ += "<div class=\"row\">";
  for (const LineChart& chart : row) body_ += render(chart);
  body_ += "</div>\n";
  return *this;
}

Page& Page::bars(const BarChart& chart) {
  body_ += render(chart) + "\n";
  return *this;
}

Page& Page::scatter(const ScatterPlot& plot) {
  body_ += render(plot);
  return *this;
}

Page& Page::heat_map(const HeatMap& map) {
  body_ += render(map);
  return *this;
}

std::string Page::html() const {
  std::string text = cat("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n",
                         "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>",
                         escape_html(title_), "</title>\n<link rel=\"icon\" href=\"data:,\">\n<style>", page_style(),
                         "</style>\n</head>\n<body>\n<main>\n<header>\n", element("h1", title_));
  if (!subtitle_.empty()) text += element("p", subtitle_);
  text += "</header>\n";
  if (sections_.size() > 2) {
    text += "<nav>";
    for (size_t i = 0; i < sections_.size(); ++i)
      text += cat("<a href=\"#s", i + 1, "\">", escape_html(sections_[i]), "</a>");
    text += "</nav>\n";
  }
  return text + body_ + "</main>\n</body>\n</html>\n";
}

void Page::write(const std::filesystem::path& path) const {
  io::write_file(path, html());
}

}  // namespace cairn::vision
