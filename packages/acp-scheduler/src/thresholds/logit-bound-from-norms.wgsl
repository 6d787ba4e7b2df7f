// logit-bound-from-norms: U = sm_scale * max_i ||q_i|| * max_j ||k_j||; second of two stages. [ACP v2, Sec. 3; arXiv 2504.06949]
// grid         one thread a (b, h); 64 a workgroup, folded over x and y
// q_partial    [B, H, q_chunks], k_partial [B, Hkv, k_chunks]: squared norms
// logit_bound  [B, H]

// @spec
const WG_SIZE: u32 = 64u;
// @end-spec

struct Params {
  heads: u32,        // B H
  group: u32,        // H / Hkv
  q_chunks: u32,
  k_chunks: u32,
  sm_scale: f32,
}

@group(0) @binding(0) var<storage, read> q_partial: array<f32>;
@group(0) @binding(1) var<storage, read> k_partial: array<f32>;
@group(0) @binding(2) var<storage, read_write> logit_bound: array<f32>;
@group(0) @binding(3) var<uniform> params: Params;

@compute @workgroup_size(WG_SIZE)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
  let i_head = id.y * groups.x * WG_SIZE + id.x;
  if (i_head >= params.heads) {
    return;
  }
  var q_largest = 0.0;
  for (var chunk = 0u; chunk < params.q_chunks; chunk++) {
    q_largest = max(q_largest, q_partial[i_head * params.q_chunks + chunk]);
  }
  // H is a multiple of the group, so that this is b Hkv + the key head.
  let i_kv_head = i_head / params.group;
  var k_largest = 0.0;
  for (var chunk = 0u; chunk < params.k_chunks; chunk++) {
    k_largest = max(k_largest, k_partial[i_kv_head * params.k_chunks + chunk]);
  }
  // Two roots: the product of two squared norms could overflow where the norms do not.
  logit_bound[i_head] = params.sm_scale * sqrt(q_largest) * sqrt(k_largest);
}
