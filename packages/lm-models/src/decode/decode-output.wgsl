// decode-output: what a head has attended to, from the parts of its row, normed and gated: rms(o) * weight * sigmoid(gate).
// grid         one workgroup a (b, h)
// parts        [B, H, SPLITS, D + 4] f32, see pagedAttentionParts: values, pivot, sum
// y            [B, H, D] f32    weight  [weight_rows, D], head h uses row h % weight_rows
// gates        from o_gate [B, H, D]
// cost         4 * (SPLITS + 3) bytes an element
// Needs lane-sum.wgsl.

// @spec
const WG_SIZE: u32 = 64u;
const LANES: u32 = 64u;     // all threads share a head
const HEAD_DIM: u32 = 64u;
const SPLITS: u32 = 16u;
// @end-spec

struct Params {
  num_heads: u32,
  weight_rows: u32,
  o_gate: u32,
  eps: f32,
}

@group(0) @binding(0) var<storage, read> parts: array<f32>;
@group(0) @binding(1) var<storage, read> gates: array<f32>;
@group(0) @binding(2) var<storage, read> weight: array<f32>;
@group(0) @binding(3) var<storage, read_write> y: array<f32>;
@group(0) @binding(4) var<uniform> params: Params;

const PART = HEAD_DIM + 4u;
const VALUES = (HEAD_DIM + WG_SIZE - 1u) / WG_SIZE;   // of a thread
// Stands for minus infinity: a part without keys.
const NEG_LARGE: f32 = -1e30;

@compute @workgroup_size(WG_SIZE)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) lane: u32) {
  let o_head = workgroup.x * HEAD_DIM;
  let o_weight = workgroup.x % params.num_heads % params.weight_rows * HEAD_DIM;
  let o_parts = workgroup.x * SPLITS * PART;
  var pivot = NEG_LARGE;
  for (var s = 0u; s < SPLITS; s++) { pivot = max(pivot, parts[o_parts + s * PART + HEAD_DIM]); }
  var total = 0.0;
  var p: array<f32, VALUES>;
  for (var s = 0u; s < SPLITS; s++) {
    let o_part = o_parts + s * PART;
    let scale = exp2(parts[o_part + HEAD_DIM] - pivot);
    total += scale * parts[o_part + HEAD_DIM + 1u];
    for (var i = 0u; i < VALUES; i++) { p[i] += scale * parts[o_part + min(lane + i * WG_SIZE, HEAD_DIM - 1u)]; }
  }
  let safe_total = select(1.0, total, total > 0.0);
  var squares = 0.0;
  for (var i = 0u; i < VALUES; i++) {
    p[i] = select(0.0, p[i] / safe_total, lane + i * WG_SIZE < HEAD_DIM);
    squares += p[i] * p[i];
  }
  let factor = inverseSqrt(lane_sum(lane, squares) / f32(HEAD_DIM) + params.eps);
  for (var i = 0u; i < VALUES; i++) {
    let d = lane + i * WG_SIZE;
    if (d >= HEAD_DIM) { break; }
    let gate = gates[params.o_gate + o_head + d];
    let decay = exp(-abs(gate));
    let sigmoid = select(decay, 1.0, gate >= 0.0) / (1.0 + decay);
    y[o_head + d] = p[i] * factor * weight[o_weight + d] * sigmoid;
  }
}
