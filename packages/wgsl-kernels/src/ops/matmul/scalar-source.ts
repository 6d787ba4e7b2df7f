// Writes the WGSL of the register-blocked matmul: one thread owns a rows × cols block of C, held in named vec4 registers.
// Generated, as software adapters keep only statically named values in registers (indexed private arrays are gathers there).

/** What the text depends on; everything else is in the `@spec` block or in `Params`. */
export interface ScalarBlock {
  /** Rows of C a thread owns: 1, or a multiple of 4. */
  readonly rows: number;
  /** Columns of C a thread owns, a multiple of 4. */
  readonly cols: number;
  /** A is stored [K, M]. */
  readonly transposeA: boolean;
  /** B is stored [N, K]. */
  readonly transposeB: boolean;
  /** N and all offsets into C are multiples of 4: whole vec4s are stored. */
  readonly alignedC: boolean;
}

const LANES = ['x', 'y', 'z', 'w'] as const;
const range = (count: number) => Array.from({ length: count }, (_, index) => index);
const indent = (lines: readonly string[], depth: number) =>
  lines.map((line) => '  '.repeat(depth) + line);

/** Complete WGSL but for the library part with bindings, `Params` and load functions (`matmul.scalar.wgsl`). */
export function scalarMatmulSource(block: ScalarBlock): string {
  return [
    ...(block.alignedC ? [] : storeFour()),
    ...header(block),
    ...indent(offsetsA(block), 1),
    ...indent(offsetsB(block), 1),
    ...indent(accumulators(block), 1),
    '  for (var k = k_begin; k < k_end; k += 4u) {',
    '    let in_k = k_lanes(k) < vec4u(k_end);',
    '    let last_k = k_end - 1u - k;',
    ...indent(rowsOfK(), 2),
    ...indent(loadsB(block), 2),
    ...indent(products(block), 2),
    '  }',
    ...indent(stores(block), 1),
    '}',
    '',
  ].join('\n');
}

/** Four neighbours of C one by one: the columns after N are not there. */
const storeFour = () => [
  'fn store_one(offset: u32, value: f32) {',
  '  if (ACCUMULATE) { c[offset] = StoredC(f32(c[offset]) + value); } else { c[offset] = StoredC(value); }',
  '}',
  '',
  '// Four neighbours of C from column n on.',
  'fn store(offset: u32, n: u32, value: vec4f) {',
  ...LANES.map(
    (lane, i) => `  if (n + ${i}u < params.n) { store_one(offset + ${i}u, value.${lane}); }`,
  ),
  '}',
  '',
];

function header({ rows, cols }: ScalarBlock): string[] {
  return [
    `const ROWS: u32 = ${rows}u;`,
    `const COLS: u32 = ${cols}u;`,
    '',
    '@compute @workgroup_size(WG_SIZE)',
    'fn main(',
    '  @builtin(workgroup_id) workgroup: vec3u,',
    '  @builtin(num_workgroups) workgroups: vec3u,',
    '  @builtin(local_invocation_index) lane: u32,',
    ') {',
    '  let i_block = (workgroup.y * workgroups.x + workgroup.x) * WG_SIZE + lane;',
    '  let blocks_n = (params.n + COLS - 1u) / COLS;',
    '  let blocks = blocks_n * ((params.m + ROWS - 1u) / ROWS);',
    '  let i_tile = i_block / blocks;',
    '  if (i_tile >= params.batch * params.splits) { return; }',
    '  let m_0 = ((i_block % blocks) / blocks_n) * ROWS;',
    '  let n_0 = (i_block % blocks_n) * COLS;',
    '  let i_batch = i_tile / params.splits;',
    '  let k_begin = (i_tile % params.splits) * params.k_split;',
    '  let k_end = min(k_begin + params.k_split, params.k);',
    '  let o_a = params.offset_a + i_batch * params.stride_a;',
    '  let o_b = params.offset_b + i_batch * params.stride_b;',
  ];
}

/** Start of each row (A [M, K]) or of each vector of four rows (A [K, M]); the last ones repeat where M ends. */
function offsetsA({ rows, transposeA }: ScalarBlock): string[] {
  if (!transposeA)
    return range(rows).map(
      (i) => `let o_a${i} = o_a + min(m_0 + ${i}u, params.m - 1u) * params.lda;`,
    );
  return range(rows / 4).flatMap((i) => [
    `let m_${i + 1} = min(m_0 + ${4 * i}u, (params.m - 1u) & ~3u);`,
    `let last_a${i} = params.m - 1u - m_${i + 1};`,
    `let o_a${i} = o_a + m_${i + 1};`,
  ]);
}

function offsetsB({ cols, transposeB }: ScalarBlock): string[] {
  if (transposeB)
    return range(cols).map(
      (j) => `let o_b${j} = o_b + min(n_0 + ${j}u, params.n - 1u) * params.ldb;`,
    );
  return range(cols / 4).flatMap((j) => [
    `let n_${j + 1} = min(n_0 + ${4 * j}u, (params.n - 1u) & ~3u);`,
    `let last_b${j} = params.n - 1u - n_${j + 1};`,
    `let o_b${j} = o_b + n_${j + 1};`,
  ]);
}

const accumulators = ({ rows, cols }: ScalarBlock) =>
  range(rows).map((i) =>
    range(cols / 4)
      .map((j) => `var p_c${i}_${j} = vec4f();`)
      .join(' '),
  );

const rowsOfK = () => range(4).map((s) => `let k_${s} = clamp_k(k + ${s}u, k_end);`);

/** b{s}_{j}: row k + s of B, columns 4j … 4j + 3. */
function loadsB({ cols, transposeB }: ScalarBlock): string[] {
  if (!transposeB)
    return range(4).flatMap((s) =>
      range(cols / 4).map(
        (j) => `let b${s}_${j} = load_b(o_b${j} + k_${s} * params.ldb, last_b${j});`,
      ),
    );
  const loads = range(cols).map((j) => `let b_t${j} = mask_k(load_b(o_b${j} + k, last_k), in_k);`);
  const turned = LANES.flatMap((lane, s) =>
    range(cols / 4).map((j) => {
      const parts = range(4).map((c) => `b_t${4 * j + c}.${lane}`);
      return `let b${s}_${j} = vec4f(${parts.join(', ')});`;
    }),
  );
  return [...loads, ...turned];
}

/** Adds four ranks to the block, one row of A (or four, where A is transposed) at a time. */
function products({ rows, cols, transposeA }: ScalarBlock): string[] {
  const row = (i: number, a: readonly string[]) =>
    range(cols / 4).map((j) => {
      const terms = a.map((value, s) => `${value} * b${s}_${j}`);
      return `p_c${i}_${j} += ${terms.join(' + ')};`;
    });
  if (!transposeA)
    return range(rows).flatMap((i) => [
      `let a_${i} = mask_k(load_a(o_a${i} + k, last_k), in_k);`,
      ...row(
        i,
        LANES.map((lane) => `a_${i}.${lane}`),
      ),
    ]);
  return range(rows / 4).flatMap((i) => [
    ...LANES.map(
      (lane, s) =>
        `let a${s}_${i} = mask_row(load_a(o_a${i} + k_${s} * params.lda, last_a${i}), in_k.${lane});`,
    ),
    ...LANES.flatMap((lane, c) =>
      row(
        4 * i + c,
        range(4).map((s) => `a${s}_${i}.${lane}`),
      ),
    ),
  ]);
}

function stores(block: ScalarBlock): string[] {
  return ['let o_c = params.offset_c + i_tile * params.stride_c;', ...storesOf(block)];
}

const storesOf = (block: ScalarBlock) => (block.alignedC ? vectorStores : scalarStores)(block);

/** Straight from the registers: against the loop below it saves a sixth of the time at K = 128, half at K = 4 (SwiftShader). */
function vectorStores({ rows, cols }: ScalarBlock): string[] {
  const vectors = range(cols / 4);
  return [
    'let o_c4 = (o_c + m_0 * params.ldc + n_0) / 4u;',
    'let ldc4 = params.ldc / 4u;',
    'let vecs = (params.n - n_0) / 4u;',
    ...vectors.map((j) => `let bias_${j} = load_bias(n_0 + ${4 * j}u);`),
    ...range(rows).flatMap((i) => [
      `if (m_0 + ${i}u < params.m) {`,
      ...vectors.map((j) => {
        const target = `c[o_c4 + ${i}u * ldc4 + ${j}u]`;
        return `  if (${j}u < vecs) { ${target} = StoredC(added(vec4f(${target}), p_c${i}_${j} + bias_${j})); }`;
      }),
      '}',
    ]),
  ];
}

/** By an indexed array, so that the blockBounds of C need one copy of the store, not one per element. */
function scalarStores({ rows, cols }: ScalarBlock): string[] {
  const row = (i: number) =>
    `${range(cols / 4)
      .map((j) => `p_c${i}_${j}`)
      .join(', ')},`;
  return [
    `var p_c = array<vec4f, ${(rows * cols) / 4}>(`,
    ...indent(range(rows).map(row), 1),
    ');',
    'for (var j = 0u; j < COLS / 4u; j++) {',
    '  let p_bias = load_bias(n_0 + 4u * j);',
    '  for (var i = 0u; i < min(ROWS, params.m - m_0); i++) {',
    '    let offset = o_c + (m_0 + i) * params.ldc + n_0 + 4u * j;',
    '    store(offset, n_0 + 4u * j, p_c[i * (COLS / 4u) + j] + p_bias);',
    '  }',
    '}',
  ];
}
