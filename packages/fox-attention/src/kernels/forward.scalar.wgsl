// forward (scalar): o = softmax(q k^T * sm_scale + D) v, causal, online softmax in base 2. [FoX v2, forgetting attention]
// grid         (query rows / 4 / WG_SIZE, H, B): a thread owns 4 query rows and goes from the diagonal to the left, 8 keys a
//              step; nothing is shared
// q, out       [B, M, H, D] Stored    k, v [B, N, Hkv, D] Stored    log_lambda [B, H, N] two-part, see log-lambda.wgsl
// limits, visibility  where a row's keys begin, see lib/row-limits.wgsl
// row_stats    [B, H, M] (bits of lse in natural log, first kept key); a row that keeps nothing: NEG_LARGE, its position + 1
// cost         4 * D flops per kept (query, key) pair

// @spec
const HEAD_DIM: u32 = 64u;
alias Stored = vec4<f32>;     // vec4<f32> or vec4<f16>
const WG_SIZE: u32 = 4u;
const HAS_GATE: bool = true;
const HAS_VISIBILITY: bool = false;
const HAS_RANGES: bool = false;
const HAS_STOP_RULE: bool = false;
// @end-spec

const ROUNDING: f32 = 1e-5; // products of up to 128 terms in f32, see lib/row-limits.wgsl

struct Params {
  num_heads: u32, num_kv_heads: u32, query_len: u32, key_len: u32,
  block_m: u32, block_n: u32, sm_scale: f32, log_tolerance: f32,
}

@group(0) @binding(0) var<storage, read> q: array<Stored>;
@group(0) @binding(1) var<storage, read> k: array<Stored>;
@group(0) @binding(2) var<storage, read> v: array<Stored>;
@group(0) @binding(3) var<storage, read> log_lambda: array<vec2<i32>>;
@group(0) @binding(4) var<storage, read> limits: array<i32>;
@group(0) @binding(5) var<storage, read> visibility: array<vec2<i32>>;
@group(0) @binding(6) var<storage, read_write> out: array<Stored>;
@group(0) @binding(7) var<storage, read_write> row_stats: array<vec2<i32>>;
@group(0) @binding(8) var<uniform> params: Params;

const D4: u32 = HEAD_DIM / 4u;
// Without limits every row begins at key 0, where a step begins too.
const HAS_FIRST: bool = HAS_VISIBILITY || HAS_RANGES;

// One row's softmax over the keys so far, and its weights on the 8 keys of this step.
struct Row { pivot: f32, sum: f32, rescale: f32, near: vec4f, far: vec4f }

fn kept(keys: vec4u, first: u32, last: u32) -> vec4<bool> {
  if (HAS_FIRST) { return (keys <= vec4u(last)) & (keys >= vec4u(first)); }
  return keys <= vec4u(last);
}

// near, far: q k of the keys from j and from j + 4, those outside first … last are masked; bias: their decay in nats
fn advance(row: Row, near: vec4f, far: vec4f, bias_near: vec4f, bias_far: vec4f, j: u32, first: u32, last: u32) -> Row {
  let keys = vec4u(j, j + 1u, j + 2u, j + 3u);
  let m_near = kept(keys, first, last);
  let m_far = kept(keys + 4u, first, last);
  let s_near = select(vec4f(NEG_LARGE), (near * params.sm_scale + bias_near) * LOG2E, m_near);
  let s_far = select(vec4f(NEG_LARGE), (far * params.sm_scale + bias_far) * LOG2E, m_far);
  let pivot = max(row.pivot, largest(max(s_near, s_far)));
  let rescale = exp2(row.pivot - pivot);
  let p_near = select(vec4f(0.0), exp2(s_near - pivot), m_near);
  let p_far = select(vec4f(0.0), exp2(s_far - pivot), m_far);
  return Row(pivot, row.sum * rescale + dot(p_near + p_far, vec4f(1.0)), rescale, p_near, p_far);
}

fn load_decay(o_lambda: u32, keys: vec4u) -> KeyDecay {
  let at = keys + o_lambda;
  return key_decay(load_lambda(at.x), load_lambda(at.y), load_lambda(at.z), load_lambda(at.w));
}

fn q_tile(at: vec4u) -> mat4x4f { return mat4x4f(vec4f(q[at.x]), vec4f(q[at.y]), vec4f(q[at.z]), vec4f(q[at.w])); }
fn k_tile(at: vec4u) -> mat4x4f { return mat4x4f(vec4f(k[at.x]), vec4f(k[at.y]), vec4f(k[at.z]), vec4f(k[at.w])); }
fn v_tile(at: vec4u) -> mat4x4f { return mat4x4f(vec4f(v[at.x]), vec4f(v[at.y]), vec4f(v[at.z]), vec4f(v[at.w])); }

// s |q| of four rows
fn scaled_norms(o_q: vec4u) -> vec4f {
  var squares = vec4f(0.0);
  for (var d = 0u; d < D4; d++) {
    let q_d = q_tile(o_q + d);
    squares += vec4f(dot(q_d[0], q_d[0]), dot(q_d[1], q_d[1]), dot(q_d[2], q_d[2]), dot(q_d[3], q_d[3]));
  }
  return sqrt(squares) * abs(params.sm_scale);
}

@compute @workgroup_size(WG_SIZE)
fn main(@builtin(workgroup_id) wg: vec3u, @builtin(local_invocation_index) lane: u32) {
  let num_heads = params.num_heads;
  let h = wg.y;
  let b = wg.z;
  let bh = b * num_heads + h;
  let i_first = (wg.x * WG_SIZE + lane) * 4u;
  if (i_first >= params.query_len) { return; }
  let stride = params.num_kv_heads * D4;
  // Rows past the end repeat the last one and are not stored.
  let rows = min(vec4u(i_first, i_first + 1u, i_first + 2u, i_first + 3u), vec4u(params.query_len - 1u));
  let o_q = ((b * params.query_len + rows) * num_heads + h) * D4;
  let o_k = b * params.key_len * stride + h / (num_heads / params.num_kv_heads) * D4;
  let o_lambda = bh * params.key_len;
  let last = rows + (params.key_len - params.query_len);
  let first = vec4u(first_key(rows.x, h, b), first_key(rows.y, h, b), first_key(rows.z, h, b), first_key(rows.w, h, b));
  let first_of_all = smallest(first);
  let lambda_0 = load_lambda(o_lambda + last.x);
  let lambda_1 = load_lambda(o_lambda + last.y);
  let lambda_2 = load_lambda(o_lambda + last.z);
  let lambda_3 = load_lambda(o_lambda + last.w);
  let empty = Row(NEG_LARGE, 0.0, 0.0, vec4f(0.0), vec4f(0.0));
  var row_0 = empty;
  var row_1 = empty;
  var row_2 = empty;
  var row_3 = empty;
  var p_out: array<vec4f, 4u * D4>; // [4, D]
  var stop = 0u;
  var norms = vec4f(0.0);
  var max_norm = 0.0; // largest |k| of the key blocks done so far
  if (HAS_STOP_RULE) { norms = scaled_norms(o_q); }

  for (var end = (last.w / 8u + 1u) * 8u; end > first_of_all; end -= 8u) {
    let j = end - 8u;
    let near = min(vec4u(j, j + 1u, j + 2u, j + 3u), vec4u(params.key_len - 1u));
    let far = min(vec4u(j + 4u, j + 5u, j + 6u, j + 7u), vec4u(params.key_len - 1u));
    let o_near = o_k + near * stride;
    let o_far = o_k + far * stride;
    // q k of the near and the far keys: [4 rows][key]
    var qk_near = mat4x4f();
    var qk_far = mat4x4f();
    for (var d = 0u; d < D4; d++) {
      let q_d = q_tile(o_q + d);
      qk_near += transpose(k_tile(o_near + d)) * q_d;
      qk_far += transpose(k_tile(o_far + d)) * q_d;
    }
    let near_decay = load_decay(o_lambda, near);
    let far_decay = load_decay(o_lambda, far);
    row_0 = advance(row_0, qk_near[0], qk_far[0], decay_bias(lambda_0, near_decay), decay_bias(lambda_0, far_decay), j, first.x, last.x);
    row_1 = advance(row_1, qk_near[1], qk_far[1], decay_bias(lambda_1, near_decay), decay_bias(lambda_1, far_decay), j, first.y, last.y);
    row_2 = advance(row_2, qk_near[2], qk_far[2], decay_bias(lambda_2, near_decay), decay_bias(lambda_2, far_decay), j, first.z, last.z);
    row_3 = advance(row_3, qk_near[3], qk_far[3], decay_bias(lambda_3, near_decay), decay_bias(lambda_3, far_decay), j, first.w, last.w);
    let p_near = mat4x4f(row_0.near, row_1.near, row_2.near, row_3.near);
    let p_far = mat4x4f(row_0.far, row_1.far, row_2.far, row_3.far);
    for (var d = 0u; d < D4; d++) {
      let step = v_tile(o_near + d) * p_near + v_tile(o_far + d) * p_far;
      p_out[d] = p_out[d] * row_0.rescale + step[0];
      p_out[D4 + d] = p_out[D4 + d] * row_1.rescale + step[1];
      p_out[2u * D4 + d] = p_out[2u * D4 + d] * row_2.rescale + step[2];
      p_out[3u * D4 + d] = p_out[3u * D4 + d] * row_3.rescale + step[3];
    }
    if (HAS_STOP_RULE && j > first_of_all && j % params.block_n == 0u) {
      let pivots = vec4f(row_0.pivot, row_1.pivot, row_2.pivot, row_3.pivot);
      let sums = vec4f(row_0.sum, row_1.sum, row_2.sum, row_3.sum);
      // decay_bias is key minus row here, so it counts negative.
      let decay = -decay_bias(load_lambda(o_lambda + j - 1u), key_decay(lambda_0, lambda_1, lambda_2, lambda_3));
      max_norm = max(max_norm, bound_before(bh, j + params.block_n).y);
      let m_drop = may_drop(norms, decay, bound_before(bh, j), max_norm, pivots, sums);
      // Rows that keep nothing from here on, or nothing at all, do not hold the others back.
      if (all(m_drop | (first >= vec4u(j)) | (first > last))) {
        stop = j;
        break;
      }
    }
  }

  let pivots = vec4f(row_0.pivot, row_1.pivot, row_2.pivot, row_3.pivot);
  let sums = vec4f(row_0.sum, row_1.sum, row_2.sum, row_3.sum);
  let m_filled = sums > vec4f(0.0);
  let safe_sums = select(vec4f(1.0), sums, m_filled);
  let lse = select(vec4f(NEG_LARGE), pivots * LN2 + log(safe_sums), m_filled);
  let first_kept = min(max(first, vec4u(stop)), last + 1u);
  let o_stats = bh * params.query_len + i_first;
  for (var r = 0u; r < 4u && i_first + r < params.query_len; r++) {
    row_stats[o_stats + r] = vec2<i32>(bitcast<i32>(lse[r]), i32(first_kept[r]));
    for (var d = 0u; d < D4; d++) { out[o_q[r] + d] = Stored(p_out[r * D4 + d] / safe_sums[r]); }
  }
}
