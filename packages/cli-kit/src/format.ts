// Numbers as the apps print them.

const integer = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 });

/** 1234567 -> 1,234,567 */
export const formatInteger = (value: number): string => integer.format(value);

/** 534_912 -> 0.53 M */
export function formatCount(value: number): string {
  for (const [unit, size] of [
    ['T', 1e12],
    ['G', 1e9],
    ['M', 1e6],
    ['k', 1e3],
  ] as const) {
    if (value >= size * 0.1 && value >= 1000) return `${threeDigits(value / size)} ${unit}`;
  }
  return threeDigits(value);
}

/** 12_345_678 -> 11.8 MiB */
export function formatBytes(bytes: number): string {
  for (const [unit, size] of [
    ['GiB', 2 ** 30],
    ['MiB', 2 ** 20],
    ['KiB', 2 ** 10],
  ] as const) {
    if (bytes >= size) return `${threeDigits(bytes / size)} ${unit}`;
  }
  return `${bytes} B`;
}

/** 3723 s -> 1h02m, 185 s -> 3m05s, 7.4 s -> 7s */
export function formatDuration(seconds: number): string {
  if (!Number.isFinite(seconds)) return '–';
  const whole = Math.max(0, Math.round(seconds));
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor((whole % 3600) / 60)];
  const twoDigits = (value: number) => String(value).padStart(2, '0');
  if (hours > 0) return `${hours}h${twoDigits(minutes)}m`;
  if (minutes > 0) return `${minutes}m${twoDigits(whole % 60)}s`;
  return `${whole}s`;
}

/** 0.614 -> 61% */
export const formatPercent = (share: number): string => `${Math.round(100 * share)}%`;

const threeDigits = (value: number): string =>
  value.toFixed(value >= 100 ? 0 : value >= 10 ? 1 : 2);
