// paged attention (scalar): o_i = softmax(q_i k^T * sm_scale + D) v over keys in pages, online softmax in base 2. [FoX v2, forgetting attention]
// grid         (ceil(M / WG_SIZE), H, B): a thread owns one query row and takes 4 keys a step; nothing is shared
// q, out       [B, M, H, D] f32, row i at position state[0] + i
// pool_k, pool_v [pages, 32, D] f32    pool_lambda [pages, group, 32] two-part, see log-lambda.wgsl
// table        [B, Hkv, max_pages] i32, -1 where there is no page    first_page [B, H]
// state        [1 + B] i32: position of row 0, then the first token of each b that is not padding
// cost         4 * D flops per visible (query, key) pair

// @spec
const HEAD_DIM: u32 = 64u;
const WG_SIZE: u32 = 4u;
const HAS_GATE: bool = true;
const HAS_FIRST_PAGE: bool = false;
// @end-spec

struct Params {
  num_heads: u32,
  group: u32,
  query_len: u32,
  max_pages: u32,
  window: u32,              // tokens a row sees, itself included
  sm_scale: f32,
}

@group(0) @binding(0) var<storage, read> q: array<vec4f>;
@group(0) @binding(1) var<storage, read> pool_k: array<vec4f>;
@group(0) @binding(2) var<storage, read> pool_v: array<vec4f>;
@group(0) @binding(3) var<storage, read> pool_lambda: array<vec2<i32>>;
@group(0) @binding(4) var<storage, read> table: array<i32>;
@group(0) @binding(5) var<storage, read> first_page: array<i32>;
@group(0) @binding(6) var<storage, read> state: array<i32>;
@group(0) @binding(7) var<storage, read_write> out: array<vec4f>;
@group(0) @binding(8) var<uniform> params: Params;

// Decay of four tokens of a page for a row: D in nats.
fn page_decay(row: vec2<i32>, o_lambda: u32, keys: vec4u) -> vec4f {
  if (!HAS_GATE) { return vec4f(0.0); }
  let at = keys + o_lambda;
  return decay_bias(row, key_decay(pool_lambda[at.x], pool_lambda[at.y], pool_lambda[at.z], pool_lambda[at.w]));
}

@compute @workgroup_size(WG_SIZE)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let i = id.x;
  let h = id.y;
  let b = id.z;
  if (i >= params.query_len) { return; }
  let position = u32(state[0]) + i;
  let first = first_key(b, h, position);
  let o_row = ((b * params.query_len + i) * params.num_heads + h) * D4;
  let lambda_row = lambda_at(b, h, position);
  var pivot = NEG_LARGE;
  var sum = 0.0;
  var p_out: array<vec4f, D4>;

  for (var column = first / PAGE_SIZE; column <= position / PAGE_SIZE; column++) {
    let page = page_at(b, h, column);
    if (page < 0) { continue; }
    // Tokens of this page that the row sees: from … to; the vector of keys repeats them at its ends, masked.
    let from_key = max(first, column * PAGE_SIZE) - column * PAGE_SIZE;
    let to_key = min(position - column * PAGE_SIZE, PAGE_SIZE - 1u);
    let o_page = u32(page) * PAGE_SIZE * D4;
    let o_lambda = (u32(page) * params.group + h % params.group) * PAGE_SIZE;
    for (var j = from_key / 4u * 4u; j <= to_key; j += 4u) {
      let raw_keys = vec4u(j, j + 1u, j + 2u, j + 3u);
      let m_keys = (raw_keys >= vec4u(from_key)) & (raw_keys <= vec4u(to_key));
      let keys = clamp(raw_keys, vec4u(from_key), vec4u(to_key));
      let at = o_page + keys * D4;
      var qk = vec4f(0.0);
      for (var d = 0u; d < D4; d++) {
        qk += q[o_row + d] * mat4x4f(pool_k[at.x + d], pool_k[at.y + d], pool_k[at.z + d], pool_k[at.w + d]);
      }
      let score = (qk * params.sm_scale + page_decay(lambda_row, o_lambda, keys)) * LOG2E;
      let masked = select(vec4f(NEG_LARGE), score, m_keys);
      let next_pivot = max(pivot, largest(masked));
      let rescale = exp2(pivot - next_pivot);
      let weights = select(vec4f(0.0), exp2(masked - next_pivot), m_keys);
      pivot = next_pivot;
      sum = sum * rescale + dot(weights, vec4f(1.0));
      for (var d = 0u; d < D4; d++) {
        let v_d = mat4x4f(pool_v[at.x + d], pool_v[at.y + d], pool_v[at.z + d], pool_v[at.w + d]);
        p_out[d] = p_out[d] * rescale + v_d * weights;
      }
    }
  }
  let safe_sum = select(1.0, sum, sum > 0.0);
  for (var d = 0u; d < D4; d++) { out[o_row + d] = p_out[d] / safe_sum; }
}
