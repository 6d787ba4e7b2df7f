// Charts as SVG text and HTML pages around them.

export type { Axis } from './axis.ts';
export { type BarChart, type BarGroup, barChart } from './bar-chart.ts';
export { ChartError } from './chart-error.ts';
export { escapeText } from './escape.ts';
export type { ChartFrame } from './frame.ts';
export { type Heatmap, type HeatmapLine, type HeatmapPanel, heatmap } from './heatmap.ts';
export { type Histogram, histogram } from './histogram.ts';
export { htmlPage, type Page, type Section, type Table } from './html-page.ts';
export { type Interval, type IntervalPlot, intervalPlot } from './interval-plot.ts';
export { type LineChart, type LinePoint, type LineSeries, lineChart } from './line-chart.ts';
export { formatNumber } from './numbers.ts';
export { type Roofline, type RooflinePoint, roofline } from './roofline.ts';
export { type BarRow, type RowBars, rowBars } from './row-bars.ts';
