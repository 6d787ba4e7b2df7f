// Numbers as axis and table text.

/** Powers of two as the field writes lengths: 512, 1k, 64k, 1M (k = 1024). */
export function formatPowerOfTwo(value: number): string {
  if (value >= 1 << 20 && value % (1 << 20) === 0) return `${value / (1 << 20)}M`;
  if (value >= 1024 && value % 1024 === 0) return `${value / 1024}k`;
  return formatNumber(value);
}

/** Three significant digits at most; no exponent between 1e-4 and 1e6. */
export function formatNumber(value: number): string {
  if (value === 0) return '0';
  const size = Math.abs(value);
  if (size < 1e-4 || size >= 1e6)
    return value.toExponential(size === 10 ** Math.round(Math.log10(size)) ? 0 : 1);
  if (size >= 1000) return Math.round(value).toLocaleString('en-US');
  return String(Number(value.toPrecision(3)));
}
