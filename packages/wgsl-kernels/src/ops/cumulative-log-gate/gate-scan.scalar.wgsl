// gate-scan.scalar: log_lambda[t] = sum of the log gates up to and with t, as two-part numbers; no workgroup memory, for software adapters. [FoX v2, log f cumulative]
// grid        one thread a (b, h), 64 a workgroup, folded over x and y
// log_fgate   [B, T, H] f32, nats     visibility  [B, visibility_len] (first, end) i32, gates that begin anew count as 0
// initial     [B, H] vec2<i32>, log_lambda before the first token
// log_lambda  [B, H, T] vec2<i32>, see log-lambda.wgsl
// cost        12 bytes a gate

// @spec
const WG_SIZE: u32 = 64u;
// @end-spec

struct Params {
  batch: u32,
  seq_len: u32,
  num_heads: u32,
  visibility_len: u32,      // 0: no visibility
  offset: u32,              // where the first token stands in the visibility
  has_initial: u32,
}

@group(0) @binding(0) var<storage, read> log_fgate: array<f32>;
@group(0) @binding(1) var<storage, read> visibility: array<vec2<i32>>;
@group(0) @binding(2) var<storage, read> initial: array<vec2<i32>>;
@group(0) @binding(3) var<storage, read_write> log_lambda: array<vec2<i32>>;
@group(0) @binding(4) var<uniform> params: Params;

@compute @workgroup_size(WG_SIZE)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
  let index = id.y * groups.x * WG_SIZE + id.x;
  if (index >= params.batch * params.num_heads) {
    return;
  }
  let i_batch = index / params.num_heads;
  let i_head = index % params.num_heads;
  var sum = sum_at_start(i_batch, i_head);
  for (var t = 0u; t < params.seq_len; t++) {
    sum = add_gates(sum, gate_at(i_batch, i_head, t));
    log_lambda[index * params.seq_len + t] = log_lambda_from_sum(sum);
  }
}
