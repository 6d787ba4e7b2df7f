// adaptive-threshold: delta = -2 U - log T + log eps. [ACP v2, Sec. 3; arXiv 2504.06949]
// grid         one thread a (b, h); 64 a workgroup, folded over x and y
// logit_bound  [B, H] U, nats; threshold [B, H] delta, nats
// constant     log eps - log T

// @spec
const WG_SIZE: u32 = 64u;
// @end-spec

struct Params {
  size: u32,
  constant: f32,
}

@group(0) @binding(0) var<storage, read> logit_bound: array<f32>;
@group(0) @binding(1) var<storage, read_write> threshold: array<f32>;
@group(0) @binding(2) var<uniform> params: Params;

@compute @workgroup_size(WG_SIZE)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
  let index = id.y * groups.x * WG_SIZE + id.x;
  if (index < params.size) {
    threshold[index] = params.constant - 2.0 * logit_bound[index];
  }
}
