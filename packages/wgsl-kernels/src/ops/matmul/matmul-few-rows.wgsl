// matmul-few-rows: C[b] = A[b] B[b]ᵀ (+ bias) (+ C[b]) where A has few rows, as in decoding: the time is that of reading B once.
// grid    ceil(N / ROWS_B) groups of rows of B, then batch, folded: a workgroup owns ROWS_B rows of B and all rows of A
// a       f32 [batch, M, K]; from offset_a, row stride lda, matrix stride stride_a
// b       f32 [batch, N, K]; from offset_b, row stride ldb, matrix stride stride_b
// bias    f32 [N], read only if HAS_BIAS
// c       f32 [batch, M, N]; from offset_c, row stride ldc, matrix stride stride_c
// cost    2 · M · N · K flops; B is read once, A N / ROWS_B times, from caches
// Neighbouring threads read neighbouring vectors of a row. A thread asks for ROWS_B · UNROLL vectors of B before it uses the first.
// Needs `fn group_sums` of lib/group-sums.subgroup.wgsl or lib/group-sums.tiled.wgsl.

// @spec
const WG_SIZE: u32 = 32u;
const M: u32 = 1u;              // rows of A
const ROWS_B: u32 = 1u;         // rows of B that a workgroup owns
const UNROLL: u32 = 6u;         // vectors of a row of B that a thread has under way
const TAIL: bool = false;       // K is no multiple of WG_SIZE · UNROLL · WIDTH
const WIDTH: u32 = 4u;          // 4 where K and all rows are multiples of 4, else 1
const HAS_BIAS: bool = false;
const ACCUMULATE: bool = false; // add to what C holds
alias Vector = vec4<f32>;         // f32 where WIDTH is 1
// @end-spec

struct Params {
  n: u32,
  k: u32,
  batch: u32,
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

@group(0) @binding(0) var<storage, read> a: array<Vector>;
@group(0) @binding(1) var<storage, read> b: array<Vector>;
@group(0) @binding(2) var<storage, read> bias: array<f32>;
@group(0) @binding(3) var<storage, read_write> c: array<f32>;
@group(0) @binding(4) var<uniform> params: Params;

const SUMS = M * ROWS_B;

fn product(x: Vector, w: Vector) -> f32 {
  if (WIDTH == 4u) { return dot(vec4f(x), vec4f(w)); }
  return vec4f(x).x * vec4f(w).x;
}

fn masked(x: Vector, in_k: bool) -> Vector {
  if (TAIL) { return select(Vector(), x, in_k); }
  return x;
}

fn store(o_c: u32, m: u32, n: u32, value: f32) {
  if (n >= params.n) { return; }
  var result = value;
  if (HAS_BIAS) { result += bias[n]; }
  if (ACCUMULATE) { result += c[o_c + m * params.ldc + n]; }
  c[o_c + m * params.ldc + n] = result;
}

@compute @workgroup_size(WG_SIZE)
fn main(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(num_workgroups) workgroups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let i_group = workgroup.y * workgroups.x + workgroup.x;
  let groups = (params.n + ROWS_B - 1u) / ROWS_B;
  let i_batch = i_group / groups;
  if (i_batch >= params.batch) { return; }
  let n_0 = (i_group % groups) * ROWS_B;
  let vecs = params.k / WIDTH;
  let o_a = (params.offset_a + i_batch * params.stride_a) / WIDTH;
  let o_b = (params.offset_b + i_batch * params.stride_b) / WIDTH;
  var p: array<f32, SUMS>; // [M, ROWS_B]
  for (var k_0 = 0u; k_0 < vecs; k_0 += WG_SIZE * UNROLL) {
    var w: array<Vector, ROWS_B * UNROLL>; // [UNROLL, ROWS_B]
    for (var u = 0u; u < UNROLL; u++) {
      let k = k_0 + u * WG_SIZE + lane;
      let o_k = min(k, vecs - 1u);
      for (var r = 0u; r < ROWS_B; r++) {
        let row = min(n_0 + r, params.n - 1u);
        w[u * ROWS_B + r] = masked(b[o_b + row * (params.ldb / WIDTH) + o_k], k < vecs);
      }
    }
    for (var u = 0u; u < UNROLL; u++) {
      let k = k_0 + u * WG_SIZE + lane;
      let o_k = min(k, vecs - 1u);
      for (var i = 0u; i < M; i++) {
        let x = masked(a[o_a + i * (params.lda / WIDTH) + o_k], k < vecs);
        for (var r = 0u; r < ROWS_B; r++) { p[i * ROWS_B + r] += product(x, w[u * ROWS_B + r]); }
      }
    }
  }
  let sums = group_sums(lane, p);
  let o_c = params.offset_c + i_batch * params.stride_c;
  for (var i = 0u; i < SUMS; i++) {
    if (i % WG_SIZE == lane) { store(o_c, i / ROWS_B, n_0 + i % ROWS_B, sums[i]); }
  }
}
