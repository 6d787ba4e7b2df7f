// decode-gate: one token a row and head: its forget gate, the cumulative gate in its page, and what later tokens need of both.
// grid         one thread a (b, h), 64 a workgroup
// logits       from o_logits [B, 2 Hkv + H] f32, the last H of each row are the gates'    bias  [H]
// table        [B, Hkv, max_pages], -1 where there is no page    state  [1 + B]: the token's position first
// pool_lambda  [pages, group, 32] two-part, see log-lambda.wgsl
// carry        [B, H] two-part: logLambda of the last token    effective_length  [B, H] f32, see update-retention.wgsl
// page_ends    [pages, B, H] vec4<i32>, see update-retention.wgsl
// cost         some 50 bytes a head
// Needs fixed-gate.wgsl and log-one-plus.wgsl.

// @spec
const WG_SIZE: u32 = 64u;
// @end-spec

struct Params {
  heads: u32,               // B * H
  num_heads: u32,
  group: u32,
  max_pages: u32,
  o_logits: u32,
}

@group(0) @binding(0) var<storage, read> logits: array<f32>;
@group(0) @binding(1) var<storage, read> bias: array<f32>;
@group(0) @binding(2) var<storage, read> table: array<i32>;
@group(0) @binding(3) var<storage, read> state: array<i32>;
@group(0) @binding(4) var<storage, read_write> pool_lambda: array<vec2<i32>>;
@group(0) @binding(5) var<storage, read_write> carry: array<vec2<i32>>;
@group(0) @binding(6) var<storage, read_write> effective_length: array<f32>;
@group(0) @binding(7) var<storage, read_write> page_ends: array<vec4<i32>>;
@group(0) @binding(8) var<uniform> params: Params;

const PAGE_SIZE: u32 = 32u;

fn log_sigmoid(value: f32) -> f32 {
  // By its bits: compilers may assume that nothing is NaN, and some adapters drop it in min.
  if (has_nan_bits(bitcast<u32>(value))) { return value; }
  return min(value, 0.0) - log_one_plus(exp(-abs(value)));
}

@compute @workgroup_size(WG_SIZE)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let head = id.x;
  if (head >= params.heads) { return; }
  let b = head / params.num_heads;
  let h = head % params.num_heads;
  let kv_heads = params.num_heads / params.group;
  let width = 2u * kv_heads + params.num_heads;
  let log_fgate = log_sigmoid(logits[params.o_logits + b * width + 2u * kv_heads + h] + bias[h]);

  let sum = add_gates(sum_from_log_lambda(carry[head]), gate_from_f32(log_fgate));
  let lambda = log_lambda_from_sum(sum);
  carry[head] = lambda;
  let position = u32(state[0]);
  let column = min(position / PAGE_SIZE, params.max_pages - 1u);
  let page = table[(b * kv_heads + h / params.group) * params.max_pages + column];
  if (page >= 0) {
    pool_lambda[(u32(page) * params.group + h % params.group) * PAGE_SIZE + position % PAGE_SIZE] = lambda;
  }

  let length = 1.0 + exp(log_fgate) * effective_length[head];
  effective_length[head] = length;
  if ((position + 1u) % PAGE_SIZE == 0u) {
    page_ends[column * params.heads + head] = vec4<i32>(lambda, bitcast<i32>(log(length)), 0);
  }
}
