// What a chart refuses: no data, numbers that are none, logarithms of nothing.

export class ChartError extends Error {
  override readonly name = 'ChartError';
  readonly code = 'CHART';
}

/** @throws ChartError where there is nothing to draw. */
export function requireSome(chart: string, what: string, items: readonly unknown[]): void {
  if (items.length > 0) return;
  throw new ChartError(`${chart}: expected at least one of ${what}, got none. Leave it out.`);
}

/** @throws ChartError for the first value that cannot be placed on its axis. */
export function requireNumbers(
  chart: string,
  what: string,
  values: readonly number[],
  scale: 'linear' | 'log' = 'linear',
): void {
  const wrong = values.find((value) => !Number.isFinite(value) || (scale === 'log' && value <= 0));
  if (wrong === undefined) return;
  const [wanted, remedy] = Number.isFinite(wrong)
    ? ['> 0 on a logarithmic axis', 'Use a linear axis.']
    : ['to be a finite number', 'Drop it or say why it is missing.'];
  throw new ChartError(`${chart}: expected ${what} ${wanted}, got ${wrong}. ${remedy}`);
}
