// decode-output: what a head has attended to, normed and gated: rms(o) * weight * sigmoid(gate).
// grid         one workgroup a (b, h)
// o, y         [B, H, D] f32    weight  [weight_rows, D], head h uses row h % weight_rows
// gates        from o_gate [B, H, D]
// cost         16 bytes an element
// Needs lane-sum.wgsl.

// @spec
const WG_SIZE: u32 = 64u;
const LANES: u32 = 64u;     // all threads share a head
const HEAD_DIM: u32 = 64u;
// @end-spec

struct Params {
  num_heads: u32,
  weight_rows: u32,
  o_gate: u32,
  eps: f32,
}

@group(0) @binding(0) var<storage, read> o: array<f32>;
@group(0) @binding(1) var<storage, read> gates: array<f32>;
@group(0) @binding(2) var<storage, read> weight: array<f32>;
@group(0) @binding(3) var<storage, read_write> y: array<f32>;
@group(0) @binding(4) var<uniform> params: Params;

@compute @workgroup_size(WG_SIZE)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) lane: u32) {
  let o_head = workgroup.x * HEAD_DIM;
  let o_weight = workgroup.x % params.num_heads % params.weight_rows * HEAD_DIM;
  var squares = 0.0;
  for (var d = lane; d < HEAD_DIM; d += WG_SIZE) { squares += o[o_head + d] * o[o_head + d]; }
  let factor = inverseSqrt(lane_sum(lane, squares) / f32(HEAD_DIM) + params.eps);
  for (var d = lane; d < HEAD_DIM; d += WG_SIZE) {
    let gate = gates[params.o_gate + o_head + d];
    let decay = exp(-abs(gate));
    let sigmoid = select(decay, 1.0, gate >= 0.0) / (1.0 + decay);
    y[o_head + d] = o[o_head + d] * factor * weight[o_weight + d] * sigmoid;
  }
}
