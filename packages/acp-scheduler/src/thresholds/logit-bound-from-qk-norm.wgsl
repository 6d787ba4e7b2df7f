// logit-bound-from-qk-norm: U = sm_scale * D * max_d |q_weight| * max_d |k_weight|, as RMS-normed rows have ||x|| <= sqrt(D). [ACP v2, Sec. 3; arXiv 2504.06949]
// grid         one thread a (b, h); 64 a workgroup, folded over x and y
// q_weight     [H * D] with stride D, or [D] shared by the heads with stride 0
// k_weight     [Hkv * D], Hkv = H / group; 1 where the heads share it
// logit_bound  [B, H], equal in every batch row

// @spec
const WG_SIZE: u32 = 64u;
// @end-spec

struct Params {
  batch: u32,
  num_heads: u32,
  head_dim: u32,
  q_stride: u32,
  group: u32,        // H / Hkv
  sm_scale: f32,
}

@group(0) @binding(0) var<storage, read> q_weight: array<f32>;
@group(0) @binding(1) var<storage, read> k_weight: array<f32>;
@group(0) @binding(2) var<storage, read_write> logit_bound: array<f32>;
@group(0) @binding(3) var<uniform> params: Params;

@compute @workgroup_size(WG_SIZE)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
  let index = id.y * groups.x * WG_SIZE + id.x;
  if (index >= params.batch * params.num_heads) {
    return;
  }
  let i_head = index % params.num_heads;
  var q_largest = 0.0;
  var k_largest = 0.0;
  for (var d = 0u; d < params.head_dim; d++) {
    q_largest = max(q_largest, abs(q_weight[i_head * params.q_stride + d]));
    k_largest = max(k_largest, abs(k_weight[i_head / params.group * params.head_dim + d]));
  }
  logit_bound[index] = params.sm_scale * f32(params.head_dim) * q_largest * k_largest;
}
