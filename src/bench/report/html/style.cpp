// How the page looks: light and dark as the reader's system does, and on paper.
#include "bench/report/html/page.hpp"

namespace weir::inline v0::bench_report {

std::string_view style_sheet() noexcept {
  return R"css(
:root{--bg:#f6f7f9;--card:#fff;--ink:#1b2230;--soft:#5b6576;--line:#dfe3ea;--grid:#e9ecf1;--ok:#18794e;--ok-bg:#e6f4ec;
--warn:#8f5a00;--warn-bg:#fdf1d8;--bad:#b4231f;--bad-bg:#fde8e7;--s1:#2563c9;--s2:#c2600c;--s3:#18805b;--s4:#7a45c2;
--heat:#1f5fbf;--median:#d9480f}
@media (prefers-color-scheme:dark){:root{--bg:#11151c;--card:#191f29;--ink:#e5e9f0;--soft:#9aa5b5;--line:#2e3643;
--grid:#262e3a;--ok:#5fd39b;--ok-bg:#12301f;--warn:#f0bf5c;--warn-bg:#362807;--bad:#ff8b85;--bad-bg:#3d1615;--s1:#74a8ff;
--s2:#ffab66;--s3:#5fd3a4;--s4:#c39bff;--heat:#7fb2ff;--median:#ffb86b}}
*{box-sizing:border-box}
body{margin:0;background:var(--bg);color:var(--ink);font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif;
-webkit-font-smoothing:antialiased}
main,.verdict>div{max-width:1080px;margin:0 auto;padding:0 20px}
.verdict{border-bottom:1px solid var(--line);background:var(--bg);border-top:5px solid currentColor}
.verdict>div{display:flex;gap:16px;padding-top:20px;padding-bottom:18px}
.verdict i{flex:none;width:40px;height:40px;border-radius:50%;background:var(--mark);color:var(--card);font-style:normal;
font-size:22px;font-weight:700;display:flex;align-items:center;justify-content:center}
.verdict h1{margin:0;font-size:25px;line-height:40px}
.verdict p{margin:2px 0 0;color:var(--ink);overflow-wrap:anywhere}
.verdict p::first-letter{text-transform:uppercase}
.verdict .floor{color:var(--soft);font-size:13px}
.verdict.ok{--mark:var(--ok);color:var(--ok);background:var(--ok-bg)}
.verdict.warn{--mark:var(--warn);color:var(--warn);background:var(--warn-bg)}
.verdict.bad{--mark:var(--bad);color:var(--bad);background:var(--bad-bg)}
section{background:var(--card);border:1px solid var(--line);border-radius:10px;padding:18px 20px;margin:18px 0}
h2{margin:0 0 12px;font-size:18px;line-height:1.35;overflow-wrap:anywhere}
.summary h2{font-size:20px}
.answer{margin:0 0 6px;font-size:16px;overflow-wrap:anywhere}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(134px,1fr));gap:10px;margin-top:16px}
.tile{border:1px solid var(--line);border-radius:8px;padding:10px 12px;min-width:0}
.tile span{display:block;color:var(--soft);font-size:12.5px;white-space:nowrap;overflow:hidden;text-overflow:ellipsis}
.tile b{display:block;font-size:20px;line-height:1.35;white-space:nowrap;overflow:hidden;text-overflow:ellipsis;font-variant-numeric:tabular-nums}
.tile small{display:block;color:var(--soft);font-size:12px;line-height:1.35}
.tile.ok b{color:var(--ok)}.tile.warn b{color:var(--warn)}.tile.bad b{color:var(--bad)}
.cautions{margin:0;padding-left:20px}.cautions li{margin:3px 0;overflow-wrap:anywhere}
figure{margin:0 0 20px;min-width:0}
section>figure:last-child,.row:last-child figure{margin-bottom:4px}
figcaption{margin-bottom:4px}figcaption b{font-size:14px;margin-right:8px}
figcaption span{color:var(--soft);font-size:13px;overflow-wrap:anywhere}
.row{display:grid;gap:10px 20px;align-items:end}.row.of2{grid-template-columns:1fr 1fr}.row.of3{grid-template-columns:1fr 1fr 1fr}
.row.of1 .chart{max-width:520px}
.legend{display:flex;flex-wrap:wrap;gap:2px 18px;font-size:12.5px;color:var(--soft);margin-bottom:2px}
.legend span{overflow-wrap:anywhere}
.legend svg{width:22px;height:10px;margin-right:6px;vertical-align:0}
.chart svg{display:block;width:100%;height:auto}
svg text{font:12px system-ui,-apple-system,"Segoe UI",Roboto,sans-serif;fill:var(--soft);font-variant-numeric:tabular-nums}
svg .strong{font-weight:600;fill:var(--ink)}svg .note{font-size:11px}svg .limit-label{fill:var(--bad);font-size:11px}
.axis{stroke:var(--soft);stroke-width:1}.grid{stroke:var(--grid);stroke-width:1}
.limit{stroke:var(--bad);stroke-width:1;stroke-dasharray:5 4}
.s1,.s2,.s3,.s4,.offered,.median{fill:none;stroke-width:1.8;stroke-linejoin:round;stroke-linecap:round}
.s1{stroke:var(--s1)}.s2{stroke:var(--s2)}.s3{stroke:var(--s3)}.s4{stroke:var(--s4)}
.dashed{stroke-dasharray:5 4}.offered{stroke:var(--soft);stroke-width:1.4;stroke-dasharray:3 4}
.median{stroke:var(--median);stroke-width:1.6}
.band{stroke:none;opacity:.16}.band.s1{fill:var(--s1)}.band.s2{fill:var(--s2)}.band.s3{fill:var(--s3)}.band.s4{fill:var(--s4)}
.unknown{fill:var(--grid);opacity:.7}.warm-up{fill:var(--grid)}.lane{fill:var(--grid);opacity:.55}
.heat{fill:var(--heat)}.h1{opacity:.13}.h2{opacity:.23}.h3{opacity:.35}.h4{opacity:.48}.h5{opacity:.61}.h6{opacity:.74}
.h7{opacity:.87}.h8{opacity:1}
.mark.bad{fill:var(--bad)}.mark.warn{fill:var(--s2)}.mark.invalid{fill:var(--s4)}
.knee{stroke:var(--ink);stroke-width:1.4}.knee-band{fill:var(--s3);opacity:.14}
.dot.good{fill:var(--s3)}.dot.bad{fill:var(--bad)}.dot.same{fill:var(--soft)}
.cross{fill:none;stroke-width:2.4;stroke-linecap:round}.cross.bad{stroke:var(--bad)}
.whisker{stroke-width:4;stroke-linecap:round;opacity:.45}.whisker.good{stroke:var(--s3)}.whisker.bad{stroke:var(--bad)}
.whisker.same{stroke:var(--soft)}
.scroll{overflow-x:auto;margin-bottom:14px}.scroll:last-child{margin-bottom:0}
table{border-collapse:collapse;width:100%;font-size:13.5px;font-variant-numeric:tabular-nums}
th,td{padding:5px 10px;text-align:right;border-bottom:1px solid var(--line);white-space:nowrap;vertical-align:top}
th{color:var(--soft);font-weight:600}tbody tr:last-child td{border-bottom:0}
.l{text-align:left}td.l:first-child{font-weight:500}.none{color:var(--soft);font-size:12px}
th:first-child,td:first-child{padding-left:0}th:last-child,td:last-child{padding-right:0}
.failures td:last-child{white-space:normal;overflow-wrap:anywhere;width:60%;color:var(--soft)}
.probes th,.probes td{padding:5px 7px}.probes td:last-child{white-space:normal;min-width:120px}
.probes td:nth-last-child(2){white-space:normal}.probes td:first-child{text-align:right}
.facts td{text-align:left;white-space:normal;overflow-wrap:anywhere}.facts td:first-child{width:190px;color:var(--soft)}
pre{margin:0 0 12px;padding:10px 12px;background:var(--bg);border:1px solid var(--line);border-radius:8px;font-size:13px;
white-space:pre-wrap;overflow-wrap:anywhere}
dl{display:grid;grid-template-columns:max-content 1fr;gap:3px 16px;margin:10px 0 0;font-size:13.5px}
dt{font-weight:600}dd{margin:0;color:var(--soft)}p{margin:0 0 8px}
@media (max-width:820px){.row.of2,.row.of3{grid-template-columns:1fr}.chart{overflow-x:auto}
section>figure .chart svg{min-width:680px}.verdict h1{font-size:21px}}
@media print{:root{--bg:#fff}body{font-size:12px;-webkit-print-color-adjust:exact;print-color-adjust:exact}
section{border:0;padding:6px 0;margin:8px 0}figure,.tile,tr,pre{break-inside:avoid}h2{break-after:avoid}
.chart,.scroll{overflow:visible}}
)css";
}

} // namespace weir::inline v0::bench_report
