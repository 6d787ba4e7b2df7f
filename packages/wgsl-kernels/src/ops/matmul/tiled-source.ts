// Writes the loop of matmul.tiled for tiles of 128 × 128: 256 threads, each owns 8 × 8 values of C in named registers.
// Both tiles lie rank by rank in workgroup memory, 8 ranks deep, in two buffers: one barrier a slice, the next slice on its way meanwhile.
// Generated, so that registers have names and every offset but the thread's own is a literal.

/** What the text depends on; everything else is in the `@spec` block or in `Params`. */
export interface LargeTile {
  /** A is stored [K, M]. */
  readonly transposeA: boolean;
  /** B is stored [N, K]. */
  readonly transposeB: boolean;
  /** N and all offsets into C are multiples of 4: whole vec4s are stored. */
  readonly alignedC: boolean;
}

const SIDE = 128;
const SLICE_K = 8;
const THREADS = 256;
/** vec4s of one rank of a tile, and of a tile. */
const VECS = SIDE / 4;
const TILE = SLICE_K * VECS;
/** Two tiles, twice. */
export const LARGE_TILE_BYTES = 4 * TILE * 16;

const range = (count: number) => Array.from({ length: count }, (_, index) => index);
const indent = (lines: readonly string[], depth: number) =>
  lines.map((line) => '  '.repeat(depth) + line);

/**
 * The vec4s of the later four ranks are stored with this bit of their place turned over:
 * threads that store four ranks of a row one by one then meet different banks.
 */
const swizzle = (rank: number): number => (rank >= 4 ? 4 : 0);

/** Complete WGSL but for bindings and loads (`matmul.tiled.wgsl`). */
export function largeTiledSource(tile: LargeTile): string {
  return [
    `var<workgroup> t_ranks: array<vec4f, ${4 * TILE}>; // two buffers of A and B: [2, 2, SLICE, ${VECS}]`,
    '',
    ...storeSource(tile),
    ...header(),
    ...indent([...place('a', !tile.transposeA), ...place('b', tile.transposeB)], 1),
    ...range(8).map((i) => `  var p_${i}_0 = vec4f(); var p_${i}_1 = vec4f();`),
    '  var v_a: vec4f;',
    '  var v_b: vec4f;',
    ...indent(fetches('k_begin', tile), 1),
    '  for (var k = k_begin; k < k_end; k += 16u) {',
    ...indent([...step(0, 'k + 8u', tile), ...step(1, 'k + 16u', tile)], 2),
    '  }',
    ...indent(stores(), 1),
    '}',
    '',
  ].join('\n');
}

function header(): string[] {
  return [
    `@compute @workgroup_size(${THREADS})`,
    'fn main(',
    '  @builtin(workgroup_id) workgroup: vec3u,',
    '  @builtin(local_invocation_index) lane: u32,',
    ') {',
    '  let t_m = lane / 16u;',
    '  let t_n = lane % 16u;',
    '  let m_0 = workgroup.y * TILE_M;',
    '  let n_0 = workgroup.x * TILE_N;',
    '  let i_batch = workgroup.z / params.splits;',
    '  let k_begin = (workgroup.z % params.splits) * params.k_split;',
    '  let k_end = min(k_begin + params.k_split, params.k);',
  ];
}

/** Where a thread loads its vec4 of each slice: half a row of the tile, or a part of a rank. */
const place = (name: 'a' | 'b', isAlongK: boolean): string[] => {
  const side = name === 'a' ? 'm' : 'n';
  return [
    `let o_${name} = params.offset_${name} + i_batch * params.stride_${name};`,
    ...(isAlongK
      ? [`let row_${name} = lane / 2u;`, `let rank_${name} = lane % 2u * 4u;`]
      : [`let row_${name} = lane % ${VECS}u * 4u;`, `let rank_${name} = lane / ${VECS}u;`]),
    `let ${side}_${name} = ${side}_0 + row_${name};`,
  ];
};

/** The vec4s of A and B of the slice from rank `k` on, 0 outside the matrices. */
const fetches = (k: string, { transposeA, transposeB }: LargeTile): string[] => [
  `v_a = ${fetch('a', 'm', k, !transposeA)};`,
  `v_b = ${fetch('b', 'n', k, transposeB)};`,
];

function fetch(name: 'a' | 'b', side: 'm' | 'n', k: string, isAlongK: boolean): string {
  const [row, rank] = [`${side}_${name}`, `${k} + rank_${name}`];
  const [ld, rows] = [`params.ld${name}`, `params.${side}`];
  return isAlongK
    ? `load_${name}(o_${name} + ${row} * ${ld} + ${rank}, left(${rank}, k_end, ${row}, ${rows}))`
    : `load_${name}(o_${name} + (${rank}) * ${ld} + ${row}, left(${row}, ${rows}, ${rank}, k_end))`;
}

/** Stores what was fetched, fetches the next slice, and adds this one. */
function step(buffer: number, next: string, tile: LargeTile): string[] {
  const base = buffer * 2 * TILE;
  return [
    ...stage('a', base, !tile.transposeA),
    ...stage('b', base + TILE, tile.transposeB),
    'workgroupBarrier();',
    ...fetches(next, tile),
    ...range(SLICE_K).flatMap((rank) => products(base, rank)),
  ];
}

function stage(name: 'a' | 'b', base: number, isAlongK: boolean): string[] {
  const at = `(row_${name} / 4u)`;
  if (!isAlongK) {
    const place = `(${at} ^ (rank_${name} & 4u))`;
    return [`t_ranks[${base}u + rank_${name} * ${VECS}u + ${place}] = v_${name};`];
  }
  return range(4).map((e) => {
    const index = `${base + e * VECS}u + rank_${name} * ${VECS}u + (${at} ^ rank_${name})`;
    return `t_ranks[${index}][row_${name} % 4u] = v_${name}[${e}];`;
  });
}

function products(base: number, rank: number): string[] {
  const load = (start: number, half: number, thread: string) => {
    const turned = swizzle(rank) ? `(${thread} ^ ${swizzle(rank)}u)` : thread;
    return `t_ranks[${start + rank * VECS + (half * VECS) / 2}u + ${turned}]`;
  };
  const [a, b] = [base, base + TILE];
  return [
    '{',
    `  let a_0 = ${load(a, 0, 't_m')}; let a_1 = ${load(a, 1, 't_m')};`,
    `  let b_0 = ${load(b, 0, 't_n')}; let b_1 = ${load(b, 1, 't_n')};`,
    ...range(8).map((i) => {
      const value = `vec4f(a_${i >> 2}[${i & 3}])`;
      return `  p_${i}_0 = fma(${value}, b_0, p_${i}_0); p_${i}_1 = fma(${value}, b_1, p_${i}_1);`;
    }),
    '}',
  ];
}

/** `store(o_c, m, n, value)`: four neighbours of C from row m, column n on. */
function storeSource({ alignedC }: LargeTile): string[] {
  const head = [
    'fn store(o_c: u32, m: u32, n: u32, value: vec4f) {',
    '  if (m >= params.m || n >= params.n) { return; }',
    '  let o = o_c + m * params.ldc + n;',
  ];
  if (alignedC) {
    return [
      ...head,
      '  var sum = value;',
      '  if (HAS_BIAS) { sum += vec4f(bias[n], bias[n + 1u], bias[n + 2u], bias[n + 3u]); }',
      '  if (ACCUMULATE) { sum += vec4f(c[o / 4u]); }',
      '  c[o / 4u] = StoredC(sum);',
      '}',
      '',
    ];
  }
  return [
    ...head,
    '  for (var e = 0u; e < min(4u, params.n - n); e++) {',
    '    var sum = value[e];',
    '    if (HAS_BIAS) { sum += bias[n + e]; }',
    '    if (ACCUMULATE) { sum += f32(c[o + e]); }',
    '    c[o + e] = StoredC(sum);',
    '  }',
    '}',
    '',
  ];
}

const stores = (): string[] => [
  'let o_c = params.offset_c + workgroup.z * params.stride_c;',
  ...range(8).flatMap((i) => {
    const row = `m_0 + ${(i >> 2) * (SIDE / 2) + (i & 3)}u + t_m * 4u`;
    return range(2).map(
      (j) => `store(o_c, ${row}, n_0 + ${(j * SIDE) / 2}u + t_n * 4u, p_${i}_${j});`,
    );
  }),
];
