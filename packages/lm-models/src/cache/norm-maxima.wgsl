// norm maxima: the largest |q| and |k| that each head has seen, and the bound U of its logits that they give (Cauchy-Schwarz).
// grid         one thread a (b, h), 64 a workgroup
// q            [B, M, H, D] f32    k [B, M, Hkv, D] f32    state [1 + B]: position of token 0, then the first token of each b that counts
// maxima       [B, H] vec2f: squared norms so far    logit_bound [B, H]
// cost         4 * D flops a token and head

// @spec
const WG_SIZE: u32 = 64u;
// @end-spec

struct Params {
  heads: u32,               // B * H
  num_heads: u32,
  group: u32,
  head_vec4: u32,
  chunk_len: u32,
  sm_scale: f32,
}

@group(0) @binding(0) var<storage, read> q: array<vec4f>;
@group(0) @binding(1) var<storage, read> k: array<vec4f>;
@group(0) @binding(2) var<storage, read> state: array<i32>;
@group(0) @binding(3) var<storage, read_write> maxima: array<vec2f>;
@group(0) @binding(4) var<storage, read_write> logit_bound: array<f32>;
@group(0) @binding(5) var<uniform> params: Params;

@compute @workgroup_size(WG_SIZE)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let head = id.x;
  if (head >= params.heads) { return; }
  let b = head / params.num_heads;
  let h = head % params.num_heads;
  let kv_heads = params.num_heads / params.group;
  var largest = maxima[head];
  for (var i = 0u; i < params.chunk_len; i++) {
    if (u32(state[0]) + i < u32(state[1u + b])) { continue; }
    let row = b * params.chunk_len + i;
    let o_q = (row * params.num_heads + h) * params.head_vec4;
    let o_k = (row * kv_heads + h / params.group) * params.head_vec4;
    var squares = vec2f(0.0);
    for (var d = 0u; d < params.head_vec4; d++) {
      squares += vec2f(dot(q[o_q + d], q[o_q + d]), dot(k[o_k + d], k[o_k + d]));
    }
    largest = max(largest, squares);
  }
  maxima[head] = largest;
  logit_bound[head] = params.sm_scale * sqrt(largest.x) * sqrt(largest.y);
}
