// backward-key (software): dv_j = sum_i P_ij dout_i, dk_j = sm_scale * sum_i dS_ij q_i, dlog_lambda_j = - sum_i dS_ij,
// with dS_ij = P_ij (dP_ij - delta_i). [FoX v2, backward pass]
// grid         (keys / 4 / WG_SIZE, H, B): a thread owns 4 keys and takes 4 query rows a step; nothing is shared
// q, dout      [B, M, H, D] f32    k, v, dk, dv [B, N, H, D] f32    dlog_lambda [B, H, N]    stats: see backward-prepare
// cost         8 * D flops per kept (query, key) pair

// @spec
const HEAD_DIM: u32 = 64u;
const WG_SIZE: u32 = 4u;
// @end-spec

struct Params { num_heads: u32, query_len: u32, key_len: u32, sm_scale: f32 }

@group(0) @binding(0) var<storage, read> q: array<vec4f>;
@group(0) @binding(1) var<storage, read> k: array<vec4f>;
@group(0) @binding(2) var<storage, read> v: array<vec4f>;
@group(0) @binding(3) var<storage, read> dout: array<vec4f>;
@group(0) @binding(4) var<storage, read> stats: array<vec4<i32>>;
@group(0) @binding(5) var<storage, read_write> dk: array<vec4f>;
@group(0) @binding(6) var<storage, read_write> dv: array<vec4f>;
@group(0) @binding(7) var<storage, read_write> dlog_lambda: array<f32>;
@group(0) @binding(8) var<uniform> params: Params;

const D4: u32 = HEAD_DIM / 4u;

// P and dS of one query row against the thread's 4 keys.
struct Pair { p: vec4f, ds: vec4f }

fn pair_of(row: vec4<i32>, qk: vec4f, dp: vec4f, decay: KeyDecay, m_pair: vec4<bool>) -> Pair {
  let p = select(vec4f(0.0), exp2((qk * params.sm_scale + decay_bias(row.xy, decay)) * LOG2E), m_pair);
  return Pair(p, p * (dp - bitcast<f32>(row.z)));
}

// Causal, not before the row's first key, and a row that exists.
fn kept(i: u32, end: u32, row: vec4<i32>, keys: vec4u) -> vec4<bool> {
  let m_causal = keys <= vec4u(i + params.key_len - params.query_len);
  return m_causal & (keys >= vec4u(u32(row.w))) & vec4<bool>(i < end);
}

@compute @workgroup_size(WG_SIZE)
fn main(@builtin(workgroup_id) wg: vec3u, @builtin(num_workgroups) grid: vec3u, @builtin(local_invocation_index) lane: u32) {
  let num_heads = params.num_heads;
  let h = wg.y;
  let b = wg.z;
  let j_first = (wg.x * WG_SIZE + lane) * 4u;
  if (j_first >= params.key_len) { return; }
  let stride = num_heads * D4;
  let raw_keys = vec4u(j_first, j_first + 1u, j_first + 2u, j_first + 3u);
  // Keys past the end repeat the last one and are not stored.
  let keys = min(raw_keys, vec4u(params.key_len - 1u));
  let o_k = ((b * params.key_len + keys) * num_heads + h) * D4;
  let o_q = (b * params.query_len * num_heads + h) * D4;
  let bh = b * num_heads + h;
  let o_row_stats = bh * params.query_len;
  let o_key_stats = grid.z * num_heads * params.query_len + bh * params.key_len + keys;
  let decay = key_decay(stats[o_key_stats.x].xy, stats[o_key_stats.y].xy, stats[o_key_stats.z].xy, stats[o_key_stats.w].xy);
  let first = u32(stats[o_key_stats.x].z);
  // A block of ranges holds all 4 keys or none; padding may end among them, so the last key decides.
  let end = u32(stats[o_key_stats.w].w);
  var p_dk: array<vec4f, 4u * D4>; // [4, D]
  var p_dv: array<vec4f, 4u * D4>; // [4, D]
  var column_sum = vec4f(0.0);

  for (var i = first; i < end; i += 4u) {
    let rows = min(vec4u(i, i + 1u, i + 2u, i + 3u), vec4u(params.query_len - 1u));
    let o_rows = o_q + rows * stride;
    var qk_0 = vec4f(0.0); var dp_0 = vec4f(0.0);
    var qk_1 = vec4f(0.0); var dp_1 = vec4f(0.0);
    var qk_2 = vec4f(0.0); var dp_2 = vec4f(0.0);
    var qk_3 = vec4f(0.0); var dp_3 = vec4f(0.0);
    for (var d = 0u; d < D4; d++) {
      let k_d = mat4x4f(k[o_k.x + d], k[o_k.y + d], k[o_k.z + d], k[o_k.w + d]);
      let v_d = mat4x4f(v[o_k.x + d], v[o_k.y + d], v[o_k.z + d], v[o_k.w + d]);
      qk_0 += q[o_rows.x + d] * k_d; dp_0 += dout[o_rows.x + d] * v_d;
      qk_1 += q[o_rows.y + d] * k_d; dp_1 += dout[o_rows.y + d] * v_d;
      qk_2 += q[o_rows.z + d] * k_d; dp_2 += dout[o_rows.z + d] * v_d;
      qk_3 += q[o_rows.w + d] * k_d; dp_3 += dout[o_rows.w + d] * v_d;
    }
    let row_0 = stats[o_row_stats + rows.x];
    let row_1 = stats[o_row_stats + rows.y];
    let row_2 = stats[o_row_stats + rows.z];
    let row_3 = stats[o_row_stats + rows.w];
    let pair_0 = pair_of(row_0, qk_0, dp_0, decay, kept(i, end, row_0, raw_keys));
    let pair_1 = pair_of(row_1, qk_1, dp_1, decay, kept(i + 1u, end, row_1, raw_keys));
    let pair_2 = pair_of(row_2, qk_2, dp_2, decay, kept(i + 2u, end, row_2, raw_keys));
    let pair_3 = pair_of(row_3, qk_3, dp_3, decay, kept(i + 3u, end, row_3, raw_keys));
    column_sum += pair_0.ds + pair_1.ds + pair_2.ds + pair_3.ds;
    // [4 keys, 4 rows]: column r of the matrix of weights belongs to row r
    let p_rows = transpose(mat4x4f(pair_0.p, pair_1.p, pair_2.p, pair_3.p));
    let ds_rows = transpose(mat4x4f(pair_0.ds, pair_1.ds, pair_2.ds, pair_3.ds));
    for (var d = 0u; d < D4; d++) {
      let q_d = mat4x4f(q[o_rows.x + d], q[o_rows.y + d], q[o_rows.z + d], q[o_rows.w + d]);
      let dout_d = mat4x4f(dout[o_rows.x + d], dout[o_rows.y + d], dout[o_rows.z + d], dout[o_rows.w + d]);
      p_dk[d] += q_d * ds_rows[0]; p_dv[d] += dout_d * p_rows[0];
      p_dk[D4 + d] += q_d * ds_rows[1]; p_dv[D4 + d] += dout_d * p_rows[1];
      p_dk[2u * D4 + d] += q_d * ds_rows[2]; p_dv[2u * D4 + d] += dout_d * p_rows[2];
      p_dk[3u * D4 + d] += q_d * ds_rows[3]; p_dv[3u * D4 + d] += dout_d * p_rows[3];
    }
  }

  for (var c = 0u; c < 4u && j_first + c < params.key_len; c++) {
    dlog_lambda[bh * params.key_len + j_first + c] = -column_sum[c];
    for (var d = 0u; d < D4; d++) {
      dk[o_k[c] + d] = p_dk[c * D4 + d] * params.sm_scale;
      dv[o_k[c] + d] = p_dv[c * D4 + d];
    }
  }
}
