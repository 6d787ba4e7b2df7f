// One style for charts and pages: ink and paper follow the reader's light or dark screen; print is always light.

const FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'DejaVu Sans', sans-serif";

/** Stands inside each SVG, so that a picture saved alone looks the same as in its page. */
export const CHART_CSS = `
.vulpes-chart{color:#1f2328;background:#fff;font-family:${FONT}}
.vulpes-chart .paper{fill:#fff}
.vulpes-chart .quiet{fill:#59636e}
.vulpes-chart .halo{stroke:#fff;stroke-width:2.5;paint-order:stroke}
@media screen and (prefers-color-scheme:dark){
.vulpes-chart{color:#e6edf3;background:#14181d}
.vulpes-chart .paper{fill:#14181d}
.vulpes-chart .quiet{fill:#9aa4af}
.vulpes-chart .halo{stroke:#14181d}
}`.trim();

/** Of a page, on wide and narrow screens and on paper. */
export const PAGE_CSS = `
:root{color-scheme:light dark;--ink:#1f2328;--quiet:#59636e;--paper:#fff;--line:#d1d9e0}
@media screen and (prefers-color-scheme:dark){:root{--ink:#e6edf3;--quiet:#9aa4af;--paper:#14181d;--line:#343b44}}
*{box-sizing:border-box}
body{margin:0 auto;padding:2.5rem clamp(.8rem,3vw,2rem) 4rem;max-width:1320px;background:var(--paper);color:var(--ink);font:16px/1.55 ${FONT}}
h1{font-size:1.7rem;line-height:1.25;margin:0 0 .3rem;overflow-wrap:anywhere}
h2{font-size:1.2rem;margin:2.8rem 0 .5rem;padding-top:.9rem;border-top:1px solid var(--line)}
header p{color:var(--quiet);margin:0}
p{max-width:46rem;margin:.5rem 0}
figure{margin:1.2rem 0;overflow-x:auto}
figure svg{display:block;max-width:100%;min-width:27rem;height:auto}
.charts{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,34rem),1fr));gap:1.2rem 1.6rem;margin:1.2rem 0}
.charts figure{margin:0;min-width:0}
.wide{position:relative;overflow:auto;max-height:85vh;margin:1rem 0;background:linear-gradient(to left,var(--paper) 1.5rem,transparent) right/3rem 100% no-repeat local,linear-gradient(to left,rgb(128 128 128/.4),transparent) right/.8rem 100% no-repeat scroll}
table{border-collapse:separate;border-spacing:0;font-size:.82rem;line-height:1.4;font-variant-numeric:tabular-nums}
th,td{padding:.28rem .9rem .28rem 0;text-align:left;vertical-align:top;border-bottom:1px solid var(--line);white-space:nowrap}
th{position:sticky;top:0;background:var(--paper);color:var(--quiet);font-weight:600;vertical-align:bottom}
.number{text-align:right}
.text{white-space:normal;min-width:15rem;max-width:44rem;overflow-wrap:anywhere}
@media (max-width:40rem){.text{min-width:11rem}}
@media print{@page{size:A4 landscape;margin:12mm}body{max-width:none;padding:0;font-size:10pt}.wide{max-height:none;overflow:visible;background:none}.wide table{font-size:7pt}th{position:static}th,td{padding-right:.6rem}.text{min-width:0}thead{display:table-header-group}figure{overflow:visible}figure svg{min-width:0}.charts{grid-template-columns:1fr 1fr}figure,tr{break-inside:avoid}h2{break-after:avoid}}`.trim();
