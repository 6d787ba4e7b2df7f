// Times compare only where both sides had the same adapter.

import type { AdapterName } from './protocol.ts';

const FIELDS = ['vendor', 'architecture', 'device', 'description'] as const;

/** @throws Error that names both, where the peer's is another one */
export function assertSameAdapter(ours: AdapterName, theirs: AdapterName): void {
  if (FIELDS.every((field) => ours[field] === theirs[field])) return;
  throw new Error(
    `expected our adapter, ${nameOf(ours)}, it got ${nameOf(theirs)}; it was not timed.`,
  );
}

const nameOf = (adapter: AdapterName): string =>
  FIELDS.map((field) => adapter[field])
    .filter((text) => text !== '')
    .join(' ');
