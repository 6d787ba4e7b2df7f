// Sizes that the row broadcast is tested and timed at.

export const broadcastRowsCases = [
  [1, 1],
  [63, 3],
  [111, 12],
  [4097, 4],
].map(([rows, columns]) => ({ id: `N${rows}-H${columns}`, rows: rows!, columns: columns! }));
