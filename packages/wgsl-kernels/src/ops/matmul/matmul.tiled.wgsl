// matmul.tiled: C[b] = A[b] B[b] (+ bias) (+ C[b]) with tiles of A and B in workgroup memory; for GPUs.
// grid    (ceil(N / TILE_N), ceil(M / TILE_M), batch · splits): one workgroup owns one tile of C
// a       f16 or f32 [batch, M, K] or, if TRANSPOSE_A, [batch, K, M]; from offset_a, row stride lda, matrix stride stride_a
// b       f16 or f32 [batch, K, N] or, if TRANSPOSE_B, [batch, N, K]; from offset_b, row stride ldb, matrix stride stride_b
// bias    f32 [N], read only if HAS_BIAS
// c       f16 or f32 [batch, splits, M, N]; from offset_c, row stride ldc; every split of K has its own C, summed by matmul-sum-splits
// cost    2 · M · N · K flops, in f32; A is read N / TILE_N times, B M / TILE_M times
// This part holds bindings and loads; what follows is matmul.tiled-loop.wgsl or, for tiles of 128 × 128, written by tiled-source.ts.

// @spec
const TILE_M: u32 = 64u;
const TILE_N: u32 = 64u;
const TILE_K: u32 = 16u;
const ROWS: u32 = 4u;           // rows of C a thread owns, a multiple of 4
const COLS: u32 = 4u;           // columns of C a thread owns, a multiple of 4
const TRANSPOSE_A: bool = false;
const TRANSPOSE_B: bool = true;
const ALIGNED_A: bool = true;   // lda, stride_a multiples of 4: vec4 loads
const ALIGNED_B: bool = true;
const HAS_BIAS: bool = false;
const ACCUMULATE: bool = false; // add to what C holds
alias StoredA = vec4<f32>;      // in memory: vec4 of f32 or f16 where aligned, else one of them
alias StoredB = vec4<f32>;
alias StoredC = f32;            // or f16; a vec4 of them where whole vectors are stored
alias VectorA = vec4<f32>;      // four as in memory
alias VectorB = vec4<f32>;
// @end-spec

struct Params {
  m: u32,
  n: u32,
  k: u32,
  batch: u32,
  splits: u32,
  k_split: u32,  // share of K of one split, a multiple of 4
  lda: u32,
  ldb: u32,
  ldc: u32,
  stride_a: u32,
  stride_b: u32,
  stride_c: u32,
  offset_a: u32,
  offset_b: u32,
  offset_c: u32,
}

@group(0) @binding(0) var<storage, read> a: array<StoredA>;
@group(0) @binding(1) var<storage, read> b: array<StoredB>;
@group(0) @binding(2) var<storage, read> bias: array<f32>;
@group(0) @binding(3) var<storage, read_write> c: array<StoredC>;
@group(0) @binding(4) var<uniform> params: Params;

// Four neighbours from element `offset`, zero from element `valid` on.
fn load_a(offset: u32, valid: u32) -> vec4f {
  if (valid == 0u) { return vec4f(); }
  let in_row = vec4u(0u, 1u, 2u, 3u) < vec4u(valid);
  if (ALIGNED_A) { return select(vec4f(), vec4f(VectorA(a[offset / 4u])), in_row); }
  let o = offset + min(vec4u(0u, 1u, 2u, 3u), vec4u(valid - 1u));
  let value = vec4f(vec4f(VectorA(a[o.x])).x, vec4f(VectorA(a[o.y])).x, vec4f(VectorA(a[o.z])).x, vec4f(VectorA(a[o.w])).x);
  return select(vec4f(), value, in_row);
}

fn load_b(offset: u32, valid: u32) -> vec4f {
  if (valid == 0u) { return vec4f(); }
  let in_row = vec4u(0u, 1u, 2u, 3u) < vec4u(valid);
  if (ALIGNED_B) { return select(vec4f(), vec4f(VectorB(b[offset / 4u])), in_row); }
  let o = offset + min(vec4u(0u, 1u, 2u, 3u), vec4u(valid - 1u));
  let value = vec4f(vec4f(VectorB(b[o.x])).x, vec4f(VectorB(b[o.y])).x, vec4f(VectorB(b[o.z])).x, vec4f(VectorB(b[o.w])).x);
  return select(vec4f(), value, in_row);
}

// Elements left from `index` on before `end`, 0 where `row` is outside.
fn left(index: u32, end: u32, row: u32, rows: u32) -> u32 {
  return select(0u, end - min(index, end), row < rows);
}
