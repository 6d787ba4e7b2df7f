// matmul.matrix: C[b] = A[b] B[b] (+ bias) (+ C[b]) by subgroup matrices, f16 factors and f32 sums.
// grid    tiles of C, in groups of GROUP rows of tiles, folded over x and y; batch · splits in z: one workgroup owns one tile of C
// a       f16 or f32 [batch, M, K] or, transposed, [batch, K, M]; from offset_a, row stride lda, matrix stride stride_a
// b       f16 or f32 [batch, K, N] or, transposed, [batch, N, K]; from offset_b, row stride ldb, matrix stride stride_b
// bias    f32 [N], read only if HAS_BIAS
// c       f16 or f32 [batch, splits, M, N]; from offset_c, row stride ldc; every split of K has its own C, summed by matmul-sum-splits
// cost    2 · M · N · K flops; A is read N / TILE_N times, B M / TILE_M times
// A slice of A and one of B, 32 ranks deep, are staged in workgroup memory as f16, while the next ones are on the way to registers.
// Memory is moved in units of 16 bytes: eight neighbours in f16. f32 factors are rounded to f16.
// This part holds params, loads and stores of units; bindings, tile and loop are written by matrix-source.ts.

enable f16;
enable chromium_experimental_subgroup_matrix;
diagnostic(off, chromium.subgroup_matrix_uniformity);

// @spec
const LDA: u32 = 96u;           // from one stored row to the next, in elements of the binding
const LDB: u32 = 96u;
const LDC: u32 = 96u;
const SLICES: u32 = 24u;        // of K in one split: a literal bound lets the compiler prove all indices
const GROUP: u32 = 8u;          // rows of tiles that run side by side
const TAIL_M: bool = false;     // M is no multiple of the tile's rows
const TAIL_N: bool = false;
const HAS_BIAS: bool = false;
const ACCUMULATE: bool = false; // add to what C holds
alias StoredA = vec4<u32>;      // eight f16; vec4<f32>; or f16 or f32 where rows are not aligned
alias StoredB = vec4<u32>;
alias StoredC = vec4<u32>;
// @end-spec

struct Params {
  m: u32,
  n: u32,
  k: u32,
  splits: u32,
  k_split: u32,  // share of K of one split, a multiple of 32
  stride_a: u32,
  stride_b: u32,
  stride_c: u32,
  offset_a: u32,
  offset_b: u32,
  offset_c: u32,
}

// Eight values as a unit.
fn to_unit(low: vec4f, high: vec4f) -> vec4<u32> {
  return vec4<u32>(
    bitcast<u32>(vec2<f16>(low.xy)),
    bitcast<u32>(vec2<f16>(low.zw)),
    bitcast<u32>(vec2<f16>(high.xy)),
    bitcast<u32>(vec2<f16>(high.zw)),
  );
}

// The first and the last four values of a unit.
fn low_of(unit: vec4<u32>) -> vec4f {
  return vec4f(vec2f(bitcast<vec2<f16>>(unit.x)), vec2f(bitcast<vec2<f16>>(unit.y)));
}

fn high_of(unit: vec4<u32>) -> vec4f {
  return vec4f(vec2f(bitcast<vec2<f16>>(unit.z)), vec2f(bitcast<vec2<f16>>(unit.w)));
}

// Bits of the first `count` values of a unit.
fn first_of_unit(count: u32) -> vec4<u32> {
  let pair = vec4<u32>(0u, 2u, 4u, 6u);
  let low = select(vec4<u32>(), vec4<u32>(0x0000ffffu), vec4<u32>(count) > pair);
  let high = select(vec4<u32>(), vec4<u32>(0xffff0000u), vec4<u32>(count) > pair + 1u);
  return low | high;
}

fn bias_at(n: u32) -> vec4f {
  if (!HAS_BIAS) { return vec4f(); }
  let at = min(n + vec4<u32>(0u, 1u, 2u, 3u), vec4<u32>(params.n - 1u));
  return vec4f(bias[at.x], bias[at.y], bias[at.z], bias[at.w]);
}
