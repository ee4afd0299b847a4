// The style sheet of every page Cairn writes: one column on a phone, cards beside one another on a wide screen.
#include "cairn/vision/page_style.h"

namespace cairn::vision {

// The series colours are told apart with the common forms of colour blindness, on both backgrounds.
const char* page_style() {
  return R"css(
:root {
  color-scheme: light dark;
  --paper: #f6f5f1; --card: #ffffff; --ink: #1d2327; --soft: #626b72; --line: #e3e1da; --grid: #eceae4;
  --accent: #0b6e6e; --wash: #eef4f2;
  --c1: #0b7285; --c2: #d9480f; --c3: #5f3dc4; --c4: #8a6d00; --c5: #c2255c; --c6: #2b8a3e; --plain: #a9b3b8;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #13171a; --card: #1b2125; --ink: #e6e9ea; --soft: #98a3aa; --line: #2c343a; --grid: #262e33;
    --accent: #5cc8c0; --wash: #1a2a2b;
    --c1: #4cc9c0; --c2: #ff9f5a; --c3: #b197fc; --c4: #e6c74a; --c5: #f783ac; --c6: #7ccf86; --plain: #56636b;
  }
}
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; scroll-behavior: smooth; }
body {
  margin: 0; background: var(--paper); color: var(--ink);
  font: 16px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "Liberation Sans", sans-serif;
}
main { max-width: 1040px; margin: 0 auto; padding: 40px 24px 64px; }
header h1 { margin: 0; font-size: clamp(1.6rem, 5vw, 2.3rem); line-height: 1.15; letter-spacing: -.02em; text-wrap: balance; }
header p { margin: .5rem 0 0; color: var(--soft); font-size: 1.05rem; overflow-wrap: anywhere; }
nav { display: flex; flex-wrap: wrap; gap: 6px 20px; margin-top: 20px; padding-top: 14px; border-top: 1px solid var(--line); }
nav a { color: var(--accent); text-decoration: none; font-size: .92rem; }
nav a:hover { text-decoration: underline; }
h2 { margin: 44px 0 14px; font-size: 1.3rem; letter-spacing: -.01em; line-height: 1.25; scroll-margin-top: 16px; }
h3 { margin: 26px 0 8px; font-size: 1rem; line-height: 1.3; }
p { margin: .6rem 0; max-width: 70ch; }
.note { border-left: 3px solid var(--accent); background: var(--wash); padding: 10px 16px; border-radius: 0 8px 8px 0; }
.card, .chart, .tiles > div { background: var(--card); border: 1px solid var(--line); border-radius: 12px; }
.row { display: grid; gap: 16px; grid-template-columns: repeat(auto-fit, minmax(min(100%, 380px), 1fr)); margin: 14px 0; }
.row > .chart { margin: 0; }

.tiles { display: grid; gap: 12px; grid-template-columns: repeat(auto-fit, minmax(140px, 1fr)); margin: 24px 0 8px; }
.tiles > div { padding: 14px 16px; min-width: 0; }
.tiles span { display: block; color: var(--soft); font-size: .82rem; }
.tiles b { font-size: 1.45rem; font-weight: 600; letter-spacing: -.01em; line-height: 1.3; font-variant-numeric: tabular-nums; overflow-wrap: anywhere; }

dl { display: grid; grid-template-columns: fit-content(40%) minmax(0, 1fr); margin: 14px 0; padding: 6px 18px; }
dt, dd { margin: 0; padding: 8px 0; border-bottom: 1px solid var(--grid); }
dt { color: var(--soft); padding-right: 24px; }
dd { overflow-wrap: anywhere; font-variant-numeric: tabular-nums; }
dt:last-of-type, dd:last-of-type { border-bottom: 0; }

.scroll { overflow-x: auto; margin: 14px 0; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th, td { padding: 9px 18px; text-align: left; border-bottom: 1px solid var(--grid); vertical-align: baseline; }
th { color: var(--soft); font-weight: 500; font-size: .86rem; white-space: nowrap; border-bottom-color: var(--line); }
td.n, th.n { text-align: right; white-space: nowrap; }
tr:last-child td { border-bottom: 0; }

pre { margin: 0; padding: 16px 18px; overflow-x: auto; font: 13px/1.55 ui-monospace, "SF Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace; tab-size: 2; }
.code { margin: 14px 0; overflow: hidden; }
.code > p, summary { margin: 0; padding: 10px 18px; color: var(--soft); font-size: .9rem; }
.code > p { border-bottom: 1px solid var(--grid); max-width: none; }
summary { cursor: pointer; color: var(--accent); }
details[open] summary { border-bottom: 1px solid var(--grid); }

.pictures { display: flex; flex-wrap: wrap; gap: 16px; margin: 14px 0; align-items: flex-start; }
.picture { margin: 0; padding: 12px; max-width: 100%; }
.picture img { display: block; max-width: 100%; height: auto; border-radius: 6px; }
.film { max-width: 100%; border-radius: 6px; background-size: 100% auto; image-rendering: pixelated; animation-name: film; animation-iteration-count: infinite; }
@keyframes film { from { background-position: 0 0; } to { background-position: 0 100%; } }
@media (prefers-reduced-motion: reduce) { .film { animation: none; background-position: 0 100%; } }
.picture .sharp { image-rendering: pixelated; }
.picture figcaption { margin-top: 8px; color: var(--soft); font-size: .88rem; line-height: 1.4; contain: inline-size; }

.chart { margin: 14px 0; padding: 14px 14px 8px; max-width: 640px; min-width: 0; }
.chart figcaption { display: flex; flex-wrap: wrap; align-items: baseline; gap: 2px 10px; padding: 0 4px 8px; }
.chart .title { font-weight: 600; }
.chart .unit, .chart .legend { color: var(--soft); font-size: .86rem; }
.chart .legend { display: flex; flex-wrap: wrap; gap: 2px 16px; margin-left: auto; }
.chart .legend i { display: inline-block; width: 14px; height: 3px; border-radius: 2px; margin-right: 7px; vertical-align: .25em; }
.chart .legend b { color: var(--ink); font-weight: 600; font-variant-numeric: tabular-nums; }
.chart .empty { color: var(--soft); padding: 24px 4px; }
.chart svg { display: block; width: 100%; height: auto; }
.gridline { stroke: var(--grid); } .axis { stroke: var(--plain); }
.tick { fill: var(--soft); font-size: 11.5px; font-variant-numeric: tabular-nums; }
.curve { fill: none; stroke-width: 2; stroke-linejoin: round; stroke-linecap: round; }
.band { fill-opacity: .16; stroke: none; }
.dot { stroke: var(--card); stroke-width: 1.2; }
.curve.c1 { stroke: var(--c1); } .curve.c2 { stroke: var(--c2); } .curve.c3 { stroke: var(--c3); }
.curve.c4 { stroke: var(--c4); } .curve.c5 { stroke: var(--c5); } .curve.c6 { stroke: var(--c6); }
.band.c1, .dot.c1 { fill: var(--c1); } .band.c2, .dot.c2 { fill: var(--c2); } .band.c3, .dot.c3 { fill: var(--c3); }
.band.c4, .dot.c4 { fill: var(--c4); } .band.c5, .dot.c5 { fill: var(--c5); } .band.c6, .dot.c6 { fill: var(--c6); }
i.c1 { background: var(--c1); } i.c2 { background: var(--c2); } i.c3 { background: var(--c3); }
i.c4 { background: var(--c4); } i.c5 { background: var(--c5); } i.c6 { background: var(--c6); } i.plain { background: var(--plain); }

.cell { fill: var(--c1); stroke: var(--grid); }

.bars { display: grid; grid-template-columns: fit-content(45%) minmax(40px, 1fr) auto; gap: 9px 12px; align-items: center; padding: 2px 4px 10px; font-size: .92rem; }
.bars div { background: var(--grid); border-radius: 4px; overflow: hidden; }
.bars i { display: block; height: 14px; border-radius: 4px; min-width: 2px; }
.bars b { text-align: right; font-weight: 600; font-variant-numeric: tabular-nums; }

@media (max-width: 560px) {
  main { padding: 24px 16px 48px; }
  h2 { margin-top: 36px; }
  .tiles { grid-template-columns: 1fr 1fr; }
  .tiles b { font-size: 1.25rem; }
  th, td { padding: 8px 12px; }
  .chart { padding: 12px 8px 4px; }
  .chart .legend { margin-left: 0; width: 100%; }
  .tick { font-size: 13.5px; }
}
@media print {
  body { background: none; } nav { display: none; }
  .card, .chart { break-inside: avoid; }
}
)css";
}

}  // namespace cairn::vision
