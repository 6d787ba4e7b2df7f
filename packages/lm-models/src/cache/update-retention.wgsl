// update-retention: carries the gates' state over a chunk, and notes it where a page ends.
// With R_t = 1 + f_t R_{t-1}, log R_t = S_t = log sum_{u <= t} exp(lambda_t - lambda_u): R_t is the effective context length at t.
// grid         one thread a (b, h), 64 a workgroup
// log_fgate    [B, M, H] f32, nats    log_lambda [B, H, M] two-part    state [1 + B]: position of token 0, then the first token of each b that counts
// carry        [B, H] two-part: logLambda of the last token    effective_length [B, H] f32: R of the last token
// page_ends    [pages, B, H] vec4<i32>: logLambda (two parts) and the bits of S at the last token of each page
// cost         12 bytes a gate

// @spec
const WG_SIZE: u32 = 64u;
// @end-spec

struct Params {
  heads: u32,               // B * H
  num_heads: u32,
  chunk_len: u32,
}

@group(0) @binding(0) var<storage, read> log_fgate: array<f32>;
@group(0) @binding(1) var<storage, read> log_lambda: array<vec2<i32>>;
@group(0) @binding(2) var<storage, read> state: array<i32>;
@group(0) @binding(3) var<storage, read_write> carry: array<vec2<i32>>;
@group(0) @binding(4) var<storage, read_write> effective_length: array<f32>;
@group(0) @binding(5) var<storage, read_write> page_ends: array<vec4<i32>>;
@group(0) @binding(6) var<uniform> params: Params;

const PAGE_SIZE: u32 = 32u;
// Stands for minus infinity: the logarithm of no token at all.
const NEG_LARGE: f32 = -1e30;

@compute @workgroup_size(WG_SIZE)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let head = id.x;
  if (head >= params.heads) { return; }
  let b = head / params.num_heads;
  let h = head % params.num_heads;
  let start = u32(state[1u + b]);
  var length = effective_length[head];
  for (var i = 0u; i < params.chunk_len; i++) {
    let t = u32(state[0]) + i;
    if (t >= start) {
      length = 1.0 + exp(log_fgate[(b * params.chunk_len + i) * params.num_heads + h]) * length;
    }
    if ((t + 1u) % PAGE_SIZE == 0u) {
      let lambda = log_lambda[head * params.chunk_len + i];
      let log_length = select(NEG_LARGE, log(max(length, 1.0)), length > 0.0);
      page_ends[t / PAGE_SIZE * params.heads + head] = vec4<i32>(lambda, bitcast<i32>(log_length), 0);
    }
  }
  effective_length[head] = length;
  carry[head] = log_lambda[head * params.chunk_len + params.chunk_len - 1u];
}
