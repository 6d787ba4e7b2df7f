// Charts as SVG text and HTML pages around them.

export type { Axis } from './axis.ts';
export { ChartError } from './chart-error.ts';
export type { ChartFrame } from './frame.ts';
export {
  type Heatmap,
  type HeatmapPanel,
  heatmap,
  type MapAxis,
} from './heatmap.ts';
export { htmlPage, type Page, type Section, type Table } from './html-page.ts';
export { type LineChart, type LinePoint, type LineSeries, lineChart } from './line-chart.ts';
export { type BarRow, type RowBars, rowBars } from './row-bars.ts';
export { escapeText, formatNumber } from './text.ts';
