// backward-query (scalar): dq_i = sm_scale * sum_j P_ij (dP_ij - delta_i) k_j. [FoX v2, backward pass]
// grid         (query rows / 4 / WG_SIZE, H, B): a thread owns 4 query rows and takes 8 keys a step; nothing is shared
// q, dout, dq  [B, M, H, D] Stored    k, v [B, N, Hkv, D] Stored    stats: see backward-prepare
// cost         6 * D flops per kept (query, key) pair

// @spec
const HEAD_DIM: u32 = 64u;
alias Stored = vec4<f32>;     // vec4<f32> or vec4<f16>
const WG_SIZE: u32 = 4u;
// @end-spec

struct Params { num_heads: u32, num_kv_heads: u32, query_len: u32, key_len: u32, sm_scale: f32 }

@group(0) @binding(0) var<storage, read> q: array<Stored>;
@group(0) @binding(1) var<storage, read> k: array<Stored>;
@group(0) @binding(2) var<storage, read> v: array<Stored>;
@group(0) @binding(3) var<storage, read> dout: array<Stored>;
@group(0) @binding(4) var<storage, read> stats: array<vec4<i32>>;
@group(0) @binding(5) var<storage, read_write> dq: array<Stored>;
@group(0) @binding(6) var<uniform> params: Params;

const D4: u32 = HEAD_DIM / 4u;

fn k_tile(at: vec4u) -> mat4x4f { return mat4x4f(vec4f(k[at.x]), vec4f(k[at.y]), vec4f(k[at.z]), vec4f(k[at.w])); }
fn v_tile(at: vec4u) -> mat4x4f { return mat4x4f(vec4f(v[at.x]), vec4f(v[at.y]), vec4f(v[at.z]), vec4f(v[at.w])); }

fn load_decay(at: vec4u) -> KeyDecay {
  return key_decay(stats[at.x].xy, stats[at.y].xy, stats[at.z].xy, stats[at.w].xy);
}

// qk without scale, dp = dout v^T, for 4 keys; those outside the row's first kept key … `last` are masked
fn d_score(row: vec4<i32>, qk: vec4f, dp: vec4f, decay: KeyDecay, keys: vec4u, last: u32) -> vec4f {
  let p = exp2((qk * params.sm_scale + decay_bias(row.xy, decay)) * LOG2E);
  let m_key = (keys <= vec4u(last)) & (keys >= vec4u(u32(row.w)));
  return select(vec4f(0.0), p * (dp - bitcast<f32>(row.z)), m_key);
}

@compute @workgroup_size(WG_SIZE)
fn main(@builtin(workgroup_id) wg: vec3u, @builtin(num_workgroups) grid: vec3u, @builtin(local_invocation_index) lane: u32) {
  let num_heads = params.num_heads;
  let h = wg.y;
  let b = wg.z;
  let i_first = (wg.x * WG_SIZE + lane) * 4u;
  if (i_first >= params.query_len) { return; }
  let stride = params.num_kv_heads * D4;
  // Rows past the end repeat the last one and are not stored.
  let rows = min(vec4u(i_first, i_first + 1u, i_first + 2u, i_first + 3u), vec4u(params.query_len - 1u));
  let o_q = ((b * params.query_len + rows) * num_heads + h) * D4;
  let o_k = b * params.key_len * stride + h / (num_heads / params.num_kv_heads) * D4;
  let bh = b * num_heads + h;
  let o_key_stats = grid.z * num_heads * params.query_len + bh * params.key_len;
  let o_row_stats = bh * params.query_len + rows;
  let row_0 = stats[o_row_stats.x];
  let row_1 = stats[o_row_stats.y];
  let row_2 = stats[o_row_stats.z];
  let row_3 = stats[o_row_stats.w];
  let last = rows + (params.key_len - params.query_len);
  var p_dq: array<vec4f, 4u * D4>; // [4, D]

  let first = smallest(vec4u(vec4<i32>(row_0.w, row_1.w, row_2.w, row_3.w)));
  for (var j = first / 8u * 8u; j <= last.w; j += 8u) {
    let raw_near = vec4u(j, j + 1u, j + 2u, j + 3u);
    let raw_far = raw_near + 4u;
    let near = min(raw_near, vec4u(params.key_len - 1u));
    let far = min(raw_far, vec4u(params.key_len - 1u));
    let o_near = o_k + near * stride;
    let o_far = o_k + far * stride;
    // logits, then gradients of the weights, of the near and the far keys: [4 keys][row]
    var qk_near = mat4x4f();
    var qk_far = mat4x4f();
    var dp_near = mat4x4f();
    var dp_far = mat4x4f();
    for (var d = 0u; d < D4; d++) {
      let q_d = mat4x4f(vec4f(q[o_q.x + d]), vec4f(q[o_q.y + d]), vec4f(q[o_q.z + d]), vec4f(q[o_q.w + d]));
      qk_near += transpose(k_tile(o_near + d)) * q_d;
      qk_far += transpose(k_tile(o_far + d)) * q_d;
      let dout_d = mat4x4f(vec4f(dout[o_q.x + d]), vec4f(dout[o_q.y + d]), vec4f(dout[o_q.z + d]), vec4f(dout[o_q.w + d]));
      dp_near += transpose(v_tile(o_near + d)) * dout_d;
      dp_far += transpose(v_tile(o_far + d)) * dout_d;
    }
    let decay_near = load_decay(o_key_stats + near);
    let decay_far = load_decay(o_key_stats + far);
    let ds_near = mat4x4f(
      d_score(row_0, qk_near[0], dp_near[0], decay_near, raw_near, last.x),
      d_score(row_1, qk_near[1], dp_near[1], decay_near, raw_near, last.y),
      d_score(row_2, qk_near[2], dp_near[2], decay_near, raw_near, last.z),
      d_score(row_3, qk_near[3], dp_near[3], decay_near, raw_near, last.w));
    let ds_far = mat4x4f(
      d_score(row_0, qk_far[0], dp_far[0], decay_far, raw_far, last.x),
      d_score(row_1, qk_far[1], dp_far[1], decay_far, raw_far, last.y),
      d_score(row_2, qk_far[2], dp_far[2], decay_far, raw_far, last.z),
      d_score(row_3, qk_far[3], dp_far[3], decay_far, raw_far, last.w));
    for (var d = 0u; d < D4; d++) {
      let step = k_tile(o_near + d) * ds_near + k_tile(o_far + d) * ds_far;
      p_dq[d] += step[0];
      p_dq[D4 + d] += step[1];
      p_dq[2u * D4 + d] += step[2];
      p_dq[3u * D4 + d] += step[3];
    }
  }

  for (var r = 0u; r < 4u && i_first + r < params.query_len; r++) {
    for (var d = 0u; d < D4; d++) { dq[o_q[r] + d] = Stored(p_dq[r * D4 + d] * params.sm_scale); }
  }
}
