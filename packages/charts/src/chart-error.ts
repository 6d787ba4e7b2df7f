// What a chart refuses: no data, numbers that are none, logarithms of nothing.

export class ChartError extends Error {
  override readonly name = 'ChartError';
  readonly code = 'CHART';
}

/** @throws ChartError where there is nothing to draw. */
export function requireSome(chart: string, what: string, items: ArrayLike<unknown>): void {
  if (items.length > 0) return;
  throw new ChartError(
    `${chart}: expected at least one of ${what}, got none. Leave the chart out.`,
  );
}

/** @throws ChartError where a value cannot be placed on its axis. */
export function requireNumber(
  chart: string,
  what: string,
  value: number,
  scale: 'linear' | 'log' = 'linear',
): void {
  if (!Number.isFinite(value)) {
    throw new ChartError(
      `${chart}: expected ${what} to be a finite number, got ${value}. Drop it or say why it is missing.`,
    );
  }
  if (scale === 'log' && value <= 0) {
    throw new ChartError(
      `${chart}: expected ${what} > 0 on a logarithmic axis, got ${value}. Use a linear axis.`,
    );
  }
}
