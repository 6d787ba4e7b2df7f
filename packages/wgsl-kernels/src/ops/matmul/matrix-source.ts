// Writes the WGSL of the matmul on subgroup matrices: bindings, loads of a tile's slices, and the loop over K.
// Generated, as matrices have to be named variables to stay in registers, and indices sums of literals to need no bounds checks:
// with run-time terms the driver reads matrices value by value.

import { ACCESS, loadSource, type MatrixAccess, storeSource } from './matrix-access.ts';
import {
  HALVES,
  type MatrixShape,
  type MatrixTile,
  SLICE_K,
  tileSize,
  UNIT_BYTES,
} from './matrix-tiles.ts';

/** What the last split of K lacks of what the others have: nothing, whole slices, or ranks of a slice. */
export type TailK = 'none' | 'slices' | 'ranks';

/** What the text depends on; numbers are in the `@spec` block or in `Params`. */
export interface MatrixLayout {
  readonly shape: MatrixShape;
  readonly tile: MatrixTile;
  /** A is stored [K, M]. */
  readonly transposeA: boolean;
  /** B is stored [N, K]. */
  readonly transposeB: boolean;
  readonly a: MatrixAccess;
  readonly b: MatrixAccess;
  readonly c: MatrixAccess;
  readonly tailK: TailK;
  /**
   * A and B are bound for writing, which they are not: loads of the next slices then stay before the products of this one.
   * Else the compiler moves most of them behind (5 % slower).
   */
  readonly isPinned: boolean;
}

const range = (count: number) => Array.from({ length: count }, (_, index) => index);
const indent = (lines: readonly string[], depth: number) =>
  lines.map((line) => '  '.repeat(depth) + line);

/** A staged slice of A or B: rows as they are stored, of units. */
interface Slice {
  readonly name: 'a' | 'b';
  /** The side of C that the factor shares. */
  readonly side: 'm' | 'n';
  /** Whether its rows run along K. */
  readonly isAlongK: boolean;
  readonly access: MatrixAccess;
  /** Units of a row, and from one row to the next. */
  readonly rowUnits: number;
  readonly stride: number;
  /** Where it begins in workgroup memory, in units. */
  readonly start: number;
  readonly units: number;
  /** Units that a thread copies, and rows between two of them. */
  readonly copies: number;
  readonly rowStep: number;
}

/** An odd number of units from row to row: the banks of eight rows differ. */
const rowStride = (units: number) => units + 1 - (units % 2);

function makeSlice(layout: MatrixLayout, name: Slice['name'], start: number): Slice {
  const size = tileSize(layout.tile, layout.shape);
  const [tile, isAlongK] =
    name === 'a' ? [size.tileM, !layout.transposeA] : [size.tileN, layout.transposeB];
  const [rows, columns] = isAlongK ? [tile, SLICE_K] : [SLICE_K, tile];
  const rowUnits = columns / HALVES;
  const stride = rowStride(rowUnits);
  return {
    ...{ name, isAlongK, start, rowUnits, stride },
    side: name === 'a' ? 'm' : 'n',
    access: layout[name],
    units: rows * stride,
    copies: (rows * rowUnits) / size.threads,
    rowStep: size.threads / rowUnits,
  };
}

function slicesOf(layout: MatrixLayout): { a: Slice; b: Slice } {
  const a = makeSlice(layout, 'a', 0);
  return { a, b: makeSlice(layout, 'b', a.units) };
}

/**
 * Units of a row of results on their way to C: f32, a row of the matrices of one subgroup.
 * Two units of padding: a thread stores two neighbours of f32, four rows at once, each in eight banks of its own.
 */
const resultStride = ({ tile, shape }: MatrixLayout): number =>
  (tile.matricesN * shape.N * 4) / UNIT_BYTES + 2;

const resultUnits = (layout: MatrixLayout): number =>
  layout.tile.subgroupsM * layout.tile.subgroupsN * layout.shape.M * resultStride(layout);

const memoryUnits = (layout: MatrixLayout): number => {
  const { a, b } = slicesOf(layout);
  return Math.max(a.units + b.units, resultUnits(layout));
};

/** Workgroup memory in bytes. */
export const matrixWorkgroupBytes = (layout: MatrixLayout): number =>
  memoryUnits(layout) * UNIT_BYTES;

/** Complete WGSL but for the part with `Params` and helpers (`matmul.matrix.wgsl`). */
export function matrixSource(layout: MatrixLayout): string {
  const slices = slicesOf(layout);
  const both = [slices.a, slices.b];
  return [
    ...constants(layout),
    loadSource('a', layout.a),
    loadSource('b', layout.b),
    ...both.flatMap((slice) => fetchSource(slice)),
    ...(layout.tailK === 'ranks' ? both.flatMap((slice) => fetchTailSource(slice)) : []),
    storeSource(layout.c),
    ...storeUnitSource(layout.c),
    ...mainHeader(),
    ...indent([...both.flatMap(placeInSlice), ...accumulators(layout)], 1),
    ...(layout.tailK === 'slices' ? ['  var is_inside = true;'] : []),
    ...indent(fetches(layout, both, 'k_begin'), 1),
    '  for (var i_slice = 0u; i_slice < SLICES; i_slice++) {',
    ...indent(stage(both, layout.tailK), 2),
    '    workgroupBarrier();',
    '    let k = k_begin + min(i_slice + 1u, SLICES - 1u) * SLICE_K;',
    ...indent(fetches(layout, both, 'k'), 2),
    ...indent(products(layout, slices), 2),
    '    workgroupBarrier();',
    '  }',
    ...indent(stores(layout), 1),
    '}',
    '',
  ].join('\n');
}

function constants(layout: MatrixLayout): string[] {
  const { tile, shape } = layout;
  const { tileM, tileN, threads } = tileSize(tile, shape);
  const { M, N, K } = shape;
  const access = layout.isPinned ? 'read_write' : 'read';
  return [
    `const TILE_M: u32 = ${tileM}u;`,
    `const TILE_N: u32 = ${tileN}u;`,
    `const SLICE_K: u32 = ${SLICE_K}u;`,
    `const THREADS: u32 = ${threads}u;`,
    `const SUBGROUP: u32 = ${shape.threads}u;`,
    `const SUBGROUPS_N: u32 = ${tile.subgroupsN}u;`,
    `const PART_M: u32 = ${tile.matricesM * M}u; // of the tile, a subgroup's`,
    `const PART_N: u32 = ${tile.matricesN * N}u;`,
    `alias Left = subgroup_matrix_left<f16, ${K}, ${M}>;`,
    `alias Right = subgroup_matrix_right<f16, ${N}, ${K}>;`,
    `alias Result = subgroup_matrix_result<f32, ${N}, ${M}>;`,
    '',
    `@group(0) @binding(0) var<storage, ${access}> a: array<StoredA>;`,
    `@group(0) @binding(1) var<storage, ${access}> b: array<StoredB>;`,
    '@group(0) @binding(2) var<storage, read> bias: array<f32>;',
    '@group(0) @binding(3) var<storage, read_write> c: array<StoredC>;',
    '@group(0) @binding(4) var<uniform> params: Params;',
    '',
    `var<workgroup> t_units: array<vec4<u32>, ${memoryUnits(layout)}>;`,
    '',
  ];
}

/** `fetch_a(o, m, k)`: the unit at row or column m and rank k; outside C the last ones again, whose products are not stored. */
function fetchSource({ name, side, isAlongK, access }: Slice): string[] {
  const { width } = ACCESS[access];
  const [ld, tail, count] = [
    `LD${name.toUpperCase()}`,
    `TAIL_${side.toUpperCase()}`,
    `params.${side}`,
  ];
  const head = `fn fetch_${name}(o: u32, ${side}: u32, k: u32) -> vec4<u32> {`;
  if (isAlongK) {
    return [
      head,
      `  var row = ${side};`,
      `  if (${tail}) { row = min(row, ${count} - 1u); }`,
      `  return load_${name}(o + row * ${ld} + k / ${width}u, 7u);`,
      '}',
    ];
  }
  return [
    head,
    `  var column = ${side};`,
    '  var last = 7u;',
    `  if (${tail}) {`,
    `    column = min(column, (${count} - 1u) & ~7u);`,
    `    last = min(7u, ${count} - 1u - column);`,
    '  }',
    `  return load_${name}(o + k * ${ld} + column / ${width}u, last);`,
    '}',
  ];
}

/** `fetch_tail_a(o, m, k, k_end)`: the same, 0 from rank k_end on. */
function fetchTailSource({ name, side, isAlongK, access }: Slice): string[] {
  const { width } = ACCESS[access];
  const [ld, tail, count] = [
    `LD${name.toUpperCase()}`,
    `TAIL_${side.toUpperCase()}`,
    `params.${side}`,
  ];
  const head = [
    `fn fetch_tail_${name}(o: u32, ${side}: u32, k: u32, k_end: u32) -> vec4<u32> {`,
    '  if (k >= k_end) { return vec4<u32>(); }',
  ];
  if (!isAlongK) return [...head, `  return fetch_${name}(o, ${side}, k);`, '}'];
  return [
    ...head,
    `  var row = ${side};`,
    `  if (${tail}) { row = min(row, ${count} - 1u); }`,
    `  let unit = load_${name}(o + row * ${ld} + k / ${width}u, min(7u, k_end - 1u - k));`,
    '  return unit & first_of_unit(k_end - k);',
    '}',
  ];
}

/** Adds what C starts with, where m, n is in C. */
function storeUnitSource(access: MatrixAccess): string[] {
  return [
    'fn store_unit(o: u32, m: u32, n: u32, low: vec4<u32>, high: vec4<u32>) {',
    '  if ((TAIL_M && m >= params.m) || (TAIL_N && n >= params.n)) { return; }',
    `  let i = o + m * LDC + n / ${ACCESS[access].width}u;`,
    '  store_c(i, params.n - n, bitcast<vec4f>(low) + bias_at(n), bitcast<vec4f>(high) + bias_at(n + 4u));',
    '}',
    '',
  ];
}

function mainHeader(): string[] {
  return [
    '@compute @workgroup_size(THREADS)',
    'fn main(',
    '  @builtin(workgroup_id) workgroup: vec3u,',
    '  @builtin(num_workgroups) workgroups: vec3u,',
    '  @builtin(local_invocation_index) lane: u32,',
    ') {',
    '  let tiles_m = (params.m + TILE_M - 1u) / TILE_M;',
    '  let tiles_n = (params.n + TILE_N - 1u) / TILE_N;',
    '  let i_tile = workgroup.y * workgroups.x + workgroup.x;',
    '  if (i_tile >= tiles_m * tiles_n) { return; }',
    '  let i_group = i_tile / (GROUP * tiles_n);',
    '  let in_group = i_tile % (GROUP * tiles_n);',
    '  let group_rows = min(tiles_m - i_group * GROUP, GROUP);',
    '  let m_0 = (i_group * GROUP + in_group % group_rows) * TILE_M;',
    '  let n_0 = (in_group / group_rows) * TILE_N;',
    '  let i_batch = workgroup.z / params.splits;',
    '  let k_begin = (workgroup.z % params.splits) * params.k_split;',
    '  let k_end = min(k_begin + params.k_split, params.k);',
    '  let i_subgroup = lane / SUBGROUP;',
    '  let part_m = i_subgroup / SUBGROUPS_N * PART_M;',
    '  let part_n = i_subgroup % SUBGROUPS_N * PART_N;',
  ];
}

/**
 * Row and column of the slice that a thread copies first. Of four threads a row, eight next to each other take rows r and r + 4:
 * rows r and r + 1 would meet in the banks of workgroup memory.
 */
function placeInSlice(slice: Slice): string[] {
  const { name, side, isAlongK, access, rowUnits } = slice;
  const row =
    rowUnits === 4
      ? 'lane / 32u * 8u + lane % 32u / 8u + lane % 8u / 4u * 4u'
      : `lane / ${rowUnits}u`;
  const { width } = ACCESS[access];
  return [
    `let row_${name} = ${row};`,
    `let unit_${name} = lane % ${rowUnits}u;`,
    `let o_${name} = (params.offset_${name} + i_batch * params.stride_${name}) / ${width}u;`,
    `let ${side}_${name} = ${side}_0 + ${isAlongK ? `row_${name}` : `unit_${name} * ${HALVES}u`};`,
    `let k_${name} = ${isAlongK ? `unit_${name} * ${HALVES}u` : `row_${name}`};`,
    ...range(slice.copies).map((copy) => `var ${name}_${copy}: vec4<u32>;`),
  ];
}

/** Units of both slices from rank k on, to registers. */
function fetches(layout: MatrixLayout, slices: readonly Slice[], k: string): string[] {
  if (layout.tailK === 'slices') return fetchClamped(slices, k);
  const whole = slices.flatMap((slice) => fetchUnits(slice, k, ''));
  if (layout.tailK === 'none') return whole;
  return [
    `if (${k} + SLICE_K <= k_end) {`,
    ...indent(whole, 1),
    '} else {',
    ...indent(
      slices.flatMap((slice) => fetchUnits(slice, k, ', k_end')),
      1,
    ),
    '}',
  ];
}

/** Behind the last slice that one again, staged as 0: a branch round the loads costs a tenth of the product. */
const fetchClamped = (slices: readonly Slice[], k: string): string[] => [
  `is_inside = ${k} < k_end;`,
  ...slices.flatMap((slice) => fetchUnits(slice, `min(${k}, k_end - SLICE_K)`, '')),
];

function fetchUnits(
  { name, side, isAlongK, copies, rowStep }: Slice,
  k: string,
  end: string,
): string[] {
  return range(copies).map((copy) => {
    const [rows, ranks] = isAlongK ? [copy * rowStep, 0] : [0, copy * rowStep];
    const at = `${side}_${name} + ${rows}u, ${k} + k_${name} + ${ranks}u`;
    return `${name}_${copy} = fetch_${end ? 'tail_' : ''}${name}(o_${name}, ${at}${end});`;
  });
}

/** From registers to workgroup memory. Of a slice behind the last one A is 0. */
const stage = (slices: readonly Slice[], tailK: TailK): string[] =>
  slices.flatMap(({ name, start, stride, copies, rowStep }) =>
    range(copies).map((copy) => {
      const row = `(row_${name} + ${copy * rowStep}u)`;
      const unit = `${name}_${copy}`;
      const isMasked = tailK === 'slices' && name === 'a';
      const value = isMasked ? `select(vec4<u32>(), ${unit}, is_inside)` : unit;
      return `t_units[${start}u + ${row} * ${stride}u + unit_${name}] = ${value};`;
    }),
  );

const accumulators = ({ tile }: MatrixLayout): string[] =>
  range(tile.matricesM).flatMap((i) =>
    range(tile.matricesN).map((j) => `var p_${i}_${j} = Result();`),
  );

/** Adds a staged slice to the subgroup's part of the tile. */
function products({ tile, shape }: MatrixLayout, { a, b }: { a: Slice; b: Slice }): string[] {
  const [rows, columns] = [range(tile.matricesM), range(tile.matricesN)];
  return range(SLICE_K / shape.K).flatMap((s) => [
    '{',
    ...rows.map((i) => `  let left_${i} = ${loadMatrix(a, 'Left', i * shape.M, s * shape.K)};`),
    ...columns.flatMap((j) => [
      '  {',
      `    let right = ${loadMatrix(b, 'Right', j * shape.N, s * shape.K)};`,
      ...rows.map(
        (i) => `    p_${i}_${j} = subgroupMatrixMultiplyAccumulate(left_${i}, right, p_${i}_${j});`,
      ),
      '  }',
    ]),
    '}',
  ]);
}

/** A matrix of the subgroup's part of a slice; offset and stride count units. */
function loadMatrix(
  { side, name, isAlongK, start, stride }: Slice,
  type: string,
  first: number,
  rank: number,
): string {
  const part = `part_${side}`;
  const offset = isAlongK
    ? `${start + rank / HALVES}u + (${part} + ${first}u) * ${stride}u`
    : `${start + rank * stride + first / HALVES}u + ${part} / ${HALVES}u`;
  const isRowMajor = isAlongK === (name === 'a');
  return `subgroupMatrixLoad<${type}, ${isRowMajor ? 'row_major' : 'col_major'}>(&t_units, ${offset}, ${stride}u)`;
}

/** The results through workgroup memory, a row of matrices at a time, so that threads own eight neighbours of C. */
function stores(layout: MatrixLayout): string[] {
  const { tile, shape, c } = layout;
  const stride = resultStride(layout);
  const rowUnits = (tile.matricesN * shape.N) / HALVES;
  const copies = (shape.M * rowUnits) / shape.threads;
  return [
    `let o_c = (params.offset_c + workgroup.z * params.stride_c) / ${ACCESS[c].width}u;`,
    `let first = i_subgroup * ${shape.M * stride}u;`,
    ...range(tile.matricesM).flatMap((i) => [
      ...range(tile.matricesN).map(
        (j) =>
          `subgroupMatrixStore<row_major>(&t_units, first + ${(j * shape.N) / 4}u, p_${i}_${j}, ${stride}u);`,
      ),
      'workgroupBarrier();',
      ...range(copies).flatMap((copy) => [
        '{',
        `  let i = lane % SUBGROUP + ${copy * shape.threads}u;`,
        `  let row = i / ${rowUnits}u;`,
        `  let at = first + row * ${stride}u + i % ${rowUnits}u * 2u;`,
        '  let swap = i / 4u % 2u; // four of eight threads read their second unit first: no two in one bank',
        '  let one = t_units[at + swap];',
        '  let other = t_units[at + 1u - swap];',
        `  store_unit(o_c, m_0 + part_m + ${i * shape.M}u + row, n_0 + part_n + i % ${rowUnits}u * 8u, select(one, other, swap == 1u), select(other, one, swap == 1u));`,
        '}',
      ]),
      'workgroupBarrier();',
    ]),
  ];
}
