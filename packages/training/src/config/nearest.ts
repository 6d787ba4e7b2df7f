// "Did you mean …?": the known key that a mistyped one is nearest to.

/** Letters that differ, at most, for each letter of the key. */
const MAX_SHARE = 1 / 3;
/** A key of that name in another section is a little further away. */
const OTHER_SECTION = 0.5;

/**
 * The nearest of the dotted keys. Their last words are compared, in any case and with or without `_` and `-`.
 * @returns null where none is near
 */
export function findNearest(key: string, known: readonly string[]): string | null {
  const { section, word } = split(key);
  let nearest: { readonly key: string; readonly distance: number } | null = null;
  for (const candidate of known) {
    const other = split(candidate);
    const limit = Math.max(1, Math.floor(MAX_SHARE * other.word.length));
    const letters = Math.abs(other.word.length - word.length);
    const edits = letters > limit ? letters : editDistance(word, other.word);
    const distance = edits + (other.section === section ? 0 : OTHER_SECTION);
    if (edits <= limit && (!nearest || distance < nearest.distance)) {
      nearest = { key: candidate, distance };
    }
  }
  return nearest?.key ?? null;
}

function split(key: string): { section: string; word: string } {
  const end = key.lastIndexOf('.');
  const word = key.slice(end + 1).replace(/[_-]/g, '');
  return { section: key.slice(0, Math.max(0, end)), word: word.toLowerCase() };
}

/** Letters to insert, delete, replace, or swap with their neighbour, to make one word of the other. */
export function editDistance(a: string, b: string): number {
  const rows = [Array.from({ length: b.length + 1 }, (_, j) => j)];
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const at = (di: number, dj: number) => (di === 0 ? row : rows[i - di])?.[j - dj] as number;
      const replaced = at(1, 1) + Number(a[i - 1] !== b[j - 1]);
      const isSwap = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      const swapped = isSwap ? at(2, 2) + 1 : Number.POSITIVE_INFINITY;
      row.push(Math.min(at(1, 0) + 1, at(0, 1) + 1, replaced, swapped));
    }
    rows.push(row);
  }
  return rows[a.length]?.[b.length] as number;
}
