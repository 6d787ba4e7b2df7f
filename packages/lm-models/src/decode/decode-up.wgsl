// decode-up: the first half of an MLP on normed rows of x: silu(a) * b, [a, b] = rms(x) Wᵀ.
// grid     one workgroup a column of y, folded
// x        [ROWS, K] f32    norm  [K]    w  [2 N, K]    y  [ROWS, N]
// cost     W is read once, x and norm once a column of y, from caches
// Needs `fn group_sums` of group-sums.subgroup.wgsl or group-sums.tiled.wgsl.

// @spec
const WG_SIZE: u32 = 32u;
const ROWS: u32 = 1u;       // of x
const UNROLL: u32 = 3u;     // vectors of each row of W that a thread has under way
// @end-spec

struct Params {
  columns: u32,             // vectors in a row, K / 4
  inner: u32,               // N
  eps: f32,
}

@group(0) @binding(0) var<storage, read> x: array<vec4f>;
@group(0) @binding(1) var<storage, read> norm: array<vec4f>;
@group(0) @binding(2) var<storage, read> w: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> y: array<f32>;
@group(0) @binding(4) var<uniform> params: Params;

const SUMS = 3u * ROWS;     // a, b, squares

@compute @workgroup_size(WG_SIZE)
fn main(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(num_workgroups) workgroups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let column = workgroup.y * workgroups.x + workgroup.x;
  if (column >= params.inner) { return; }
  let o_a = column * params.columns;
  let o_b = (column + params.inner) * params.columns;
  var p: array<f32, SUMS>;
  // The threads stay together, so that they are together in group_sums: what is past the end counts as 0.
  for (var first = 0u; first < params.columns; first += WG_SIZE * UNROLL) {
    var p_a: array<vec4f, UNROLL>;
    var p_b: array<vec4f, UNROLL>;
    for (var u = 0u; u < UNROLL; u++) {
      let k = min(first + u * WG_SIZE + lane, params.columns - 1u);
      p_a[u] = w[o_a + k];
      p_b[u] = w[o_b + k];
    }
    for (var u = 0u; u < UNROLL; u++) {
      let raw_k = first + u * WG_SIZE + lane;
      let k = min(raw_k, params.columns - 1u);
      for (var i = 0u; i < ROWS; i++) {
        let value = select(vec4f(0.0), x[i * params.columns + k], raw_k < params.columns);
        let scaled = value * norm[k];
        p[i] += dot(scaled, p_a[u]);
        p[ROWS + i] += dot(scaled, p_b[u]);
        p[2u * ROWS + i] += dot(value, value);
      }
    }
  }
  let sums = group_sums(lane, p);
  for (var i = 0u; i < ROWS; i++) {
    if (i % WG_SIZE != lane) { continue; }
    let factor = inverseSqrt(sums[2u * ROWS + i] / f32(4u * params.columns) + params.eps);
    let a = sums[i] * factor;
    let decay = exp(-abs(a));
    let sigmoid = select(decay, 1.0, a >= 0.0) / (1.0 + decay);
    y[i * params.inner + column] = a * sigmoid * (sums[ROWS + i] * factor);
  }
}
