// decode-project: products of the normed rows of x with five matrices, each in a part of its own: rms(x) W_sᵀ, s = 0 … 4.
// grid     one workgroup a row of a matrix, the matrices one after the other, folded
// x        [ROWS, K] f32    norm  [K]    w0 … w4  [n_s, K]
// y        [ROWS, n_0], then [ROWS, n_1] …, f32
// cost     each matrix is read once, x and norm once a row of a matrix, from caches
// The mean square of x is summed beside the products: 1 / sqrt(mean(x²) + eps) is one factor of all of them.
// Needs `fn group_sums` of group-sums.subgroup.wgsl or group-sums.tiled.wgsl.

// @spec
const WG_SIZE: u32 = 32u;
const ROWS: u32 = 1u;       // of x
const UNROLL: u32 = 6u;     // vectors of a row that a thread has under way
// @end-spec

struct Params {
  columns: u32,             // vectors in a row, K / 4
  n0: u32,
  n1: u32,
  n2: u32,
  n3: u32,
  n4: u32,
  eps: f32,
}

@group(0) @binding(0) var<storage, read> x: array<vec4f>;
@group(0) @binding(1) var<storage, read> norm: array<vec4f>;
@group(0) @binding(2) var<storage, read> w0: array<vec4f>;
@group(0) @binding(3) var<storage, read> w1: array<vec4f>;
@group(0) @binding(4) var<storage, read> w2: array<vec4f>;
@group(0) @binding(5) var<storage, read> w3: array<vec4f>;
@group(0) @binding(6) var<storage, read> w4: array<vec4f>;
@group(0) @binding(7) var<storage, read_write> y: array<f32>;
@group(0) @binding(8) var<uniform> params: Params;

const SUMS = 2u * ROWS;     // products, then squares

fn weight(matrix: u32, at: u32) -> vec4f {
  switch matrix {
    case 0u: { return w0[at]; }
    case 1u: { return w1[at]; }
    case 2u: { return w2[at]; }
    case 3u: { return w3[at]; }
    default: { return w4[at]; }
  }
}

@compute @workgroup_size(WG_SIZE)
fn main(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(num_workgroups) workgroups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  var n = array<u32, 5>(params.n0, params.n1, params.n2, params.n3, params.n4);
  var row = workgroup.y * workgroups.x + workgroup.x;
  var matrix = 0u;
  var o_part = 0u;
  while (matrix < 5u && row >= n[matrix]) {
    row -= n[matrix];
    o_part += ROWS * n[matrix];
    matrix++;
  }
  // Past the last row: the grid was folded.
  if (matrix == 5u) { return; }
  let o_row = row * params.columns;
  var p: array<f32, SUMS>;
  // The threads stay together, so that they are together in group_sums: what is past the end counts as 0.
  for (var first = 0u; first < params.columns; first += WG_SIZE * UNROLL) {
    var p_w: array<vec4f, UNROLL>;
    for (var u = 0u; u < UNROLL; u++) {
      p_w[u] = weight(matrix, o_row + min(first + u * WG_SIZE + lane, params.columns - 1u));
    }
    for (var u = 0u; u < UNROLL; u++) {
      let raw_k = first + u * WG_SIZE + lane;
      let k = min(raw_k, params.columns - 1u);
      let scaled = p_w[u] * norm[k];
      for (var i = 0u; i < ROWS; i++) {
        let value = select(vec4f(0.0), x[i * params.columns + k], raw_k < params.columns);
        p[i] += dot(value, scaled);
        p[ROWS + i] += dot(value, value);
      }
    }
  }
  let sums = group_sums(lane, p);
  for (var i = 0u; i < ROWS; i++) {
    if (i % WG_SIZE != lane) { continue; }
    let mean = sums[ROWS + i] / f32(4u * params.columns);
    y[o_part + i * n[matrix] + row] = sums[i] * inverseSqrt(mean + params.eps);
  }
}
