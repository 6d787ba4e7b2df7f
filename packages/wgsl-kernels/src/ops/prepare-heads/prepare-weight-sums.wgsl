// prepare-weight-sums: gradients of both norm weights and of the forget gate's bias, from partial sums over stretches of tokens, in fixed order.
// grid                  WG_SIZE / LANES results a workgroup, folded over x and y
// sums                  [parts, part_width] f32: dweight [H + Hkv, head_dim] at 0, dbias [H] at bias_sums
// dq_weight, dk_weight  [H, head_dim], [Hkv, head_dim] f32, or [head_dim] where heads share them     dbias  [H] f32
// cost                  one read a partial sum

// @spec
const WG_SIZE: u32 = 256u;
const LANES: u32 = 32u;     // threads that share a result: a power of two that divides WG_SIZE
alias Sums = f32;
// @end-spec

struct Params {
  parts: u32,
  num_heads: u32,
  num_kv_heads: u32,
  head_dim: u32,
  has_head_weights: u32,    // 1: each head has norm weights of its own
  part_width: u32,
  bias_sums: u32,
}

@group(0) @binding(0) var<storage, read> sums: array<f32>;
@group(0) @binding(1) var<storage, read_write> dq_weight: array<f32>;
@group(0) @binding(2) var<storage, read_write> dk_weight: array<f32>;
@group(0) @binding(3) var<storage, read_write> dbias: array<f32>;
@group(0) @binding(4) var<uniform> params: Params;

// What one lane adds up: `heads` neighbouring rows of D in each part, or one number of it.
fn lane_part(lane: u32, o_first: u32, heads: u32) -> f32 {
  var sum = 0.0;
  for (var i = lane; i < params.parts * heads; i += LANES) {
    sum += sums[o_first + (i / heads) * params.part_width + (i % heads) * params.head_dim];
  }
  return sum;
}

@compute @workgroup_size(WG_SIZE)
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) thread: u32,
) {
  let index = (group.y * groups.x + group.x) * (WG_SIZE / LANES) + thread / LANES;
  let lane = thread % LANES;
  let is_shared = params.has_head_weights == 0u;
  let q_count = select(params.num_heads, 1u, is_shared) * params.head_dim;
  let k_end = q_count + select(params.num_kv_heads, 1u, is_shared) * params.head_dim;
  var part = 0.0;
  if (index < q_count) {
    part = lane_part(lane, index, select(1u, params.num_heads, is_shared));
  } else if (index < k_end) {
    let o_key = params.num_heads * params.head_dim + index - q_count;
    part = lane_part(lane, o_key, select(1u, params.num_kv_heads, is_shared));
  } else if (index < k_end + params.num_heads) {
    part = lane_part(lane, params.bias_sums + index - k_end, 1u);
  }
  let sum = lane_sums(thread, part);
  if (lane > 0u) {
    return;
  }
  if (index < q_count) {
    dq_weight[index] = sum;
  } else if (index < k_end) {
    dk_weight[index - q_count] = sum;
  } else if (index < k_end + params.num_heads) {
    dbias[index - k_end] = sum;
  }
}
