// matmul-matrix: C[b] = A[b] B[b] by subgroup matrices, f16 factors and f32 sums.
// grid    (ceil(N / TILE_N), ceil(M / TILE_M), batch): one subgroup owns one matrix of C
// a       f16 [batch, M, K] or, if TRANSPOSE_A, [batch, K, M]
// b       f16 [batch, K, N] or, if TRANSPOSE_B, [batch, N, K]
// c       f32 [batch, M, N]
// cost    2 · M · N · K flops; A is read N / TILE_N times, B M / TILE_M times
// Tiles go through workgroup memory, zero outside the matrices, so that every size works.

enable f16;
enable chromium_experimental_subgroup_matrix;

// @spec
const WG_SIZE: u32 = 32u; // threads of one subgroup
const TILE_M: u32 = 16u;  // the adapter's matrix shape
const TILE_N: u32 = 16u;
const TILE_K: u32 = 16u;
const TRANSPOSE_A: bool = false;
const TRANSPOSE_B: bool = false;
// @end-spec

struct Params {
  m: u32,
  n: u32,
  k: u32,
}

@group(0) @binding(0) var<storage, read> a: array<f16>;
@group(0) @binding(1) var<storage, read> b: array<f16>;
@group(0) @binding(2) var<storage, read_write> c: array<f32>;
@group(0) @binding(3) var<uniform> params: Params;

var<workgroup> t_a: array<f16, TILE_M * TILE_K>; // [TILE_M, TILE_K]
var<workgroup> t_b: array<f16, TILE_K * TILE_N>; // [TILE_K, TILE_N]
var<workgroup> t_c: array<f32, TILE_M * TILE_N>; // [TILE_M, TILE_N]

fn load_a(i_batch: u32, m: u32, k: u32) -> f16 {
  if (m >= params.m || k >= params.k) { return 0h; }
  let o = i_batch * params.m * params.k;
  if (TRANSPOSE_A) { return a[o + k * params.m + m]; }
  return a[o + m * params.k + k];
}

fn load_b(i_batch: u32, k: u32, n: u32) -> f16 {
  if (k >= params.k || n >= params.n) { return 0h; }
  let o = i_batch * params.k * params.n;
  if (TRANSPOSE_B) { return b[o + n * params.k + k]; }
  return b[o + k * params.n + n];
}

@compute @workgroup_size(WG_SIZE)
fn main(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let m_0 = workgroup.y * TILE_M;
  let n_0 = workgroup.x * TILE_N;
  let i_batch = workgroup.z;
  var p_c = subgroup_matrix_result<f32, TILE_N, TILE_M>();
  for (var k_0 = 0u; k_0 < params.k; k_0 += TILE_K) {
    for (var i = lane; i < TILE_M * TILE_K; i += WG_SIZE) {
      t_a[i] = load_a(i_batch, m_0 + i / TILE_K, k_0 + i % TILE_K);
    }
    for (var i = lane; i < TILE_K * TILE_N; i += WG_SIZE) {
      t_b[i] = load_b(i_batch, k_0 + i / TILE_N, n_0 + i % TILE_N);
    }
    workgroupBarrier();
    let p_a = subgroupMatrixLoad<subgroup_matrix_left<f16, TILE_K, TILE_M>, row_major>(&t_a, 0u, TILE_K);
    let p_b = subgroupMatrixLoad<subgroup_matrix_right<f16, TILE_N, TILE_K>, row_major>(&t_b, 0u, TILE_N);
    p_c = subgroupMatrixMultiplyAccumulate(p_a, p_b, p_c);
    workgroupBarrier();
  }
  subgroupMatrixStore<row_major>(&t_c, 0u, p_c, TILE_N);
  workgroupBarrier();
  for (var i = lane; i < TILE_M * TILE_N; i += WG_SIZE) {
    let m = m_0 + i / TILE_N;
    let n = n_0 + i % TILE_N;
    if (m < params.m && n < params.n) {
      c[(i_batch * params.m + m) * params.n + n] = t_c[i];
    }
  }
}
