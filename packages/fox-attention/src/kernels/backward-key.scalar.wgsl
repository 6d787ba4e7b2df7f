// backward-key (scalar): dv_j = sum_i P_ij dout_i, dk_j = sm_scale * sum_i dS_ij q_i, dlog_lambda_j = - sum_i dS_ij,
// with dS_ij = P_ij (dP_ij - delta_i); dk and dv also sum over the query heads of their key head. [FoX v2, backward pass]
// grid         (keys / 4 / WG_SIZE, Hkv, B): a thread owns 4 keys and takes 8 query rows a step; nothing is shared
// q, dout      [B, M, H, D] Stored    k, v, dk, dv [B, N, Hkv, D] Stored    dlog_lambda [B, H, N]    stats: see backward-prepare
// cost         8 * D flops per kept (query, key) pair

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
@group(0) @binding(5) var<storage, read_write> dk: array<Stored>;
@group(0) @binding(6) var<storage, read_write> dv: array<Stored>;
@group(0) @binding(7) var<storage, read_write> dlog_lambda: array<f32>;
@group(0) @binding(8) var<uniform> params: Params;

const D4: u32 = HEAD_DIM / 4u;

fn q_tile(at: vec4u) -> mat4x4f { return mat4x4f(vec4f(q[at.x]), vec4f(q[at.y]), vec4f(q[at.z]), vec4f(q[at.w])); }
fn dout_tile(at: vec4u) -> mat4x4f { return mat4x4f(vec4f(dout[at.x]), vec4f(dout[at.y]), vec4f(dout[at.z]), vec4f(dout[at.w])); }

// P and dS of 4 query rows against the thread's 4 keys: [4 keys][row] from logits and dP in the same order.
struct Tile { p: mat4x4f, ds: mat4x4f }

fn tile_of(qk: mat4x4f, dp: mat4x4f, o_rows: vec4u, i: u32, end: u32, keys: vec4u, decay: KeyDecay) -> Tile {
  var tile = Tile(qk, dp);
  for (var r = 0u; r < 4u; r++) {
    let row = stats[o_rows[r]];
    let m_pair = kept(i + r, end, row, keys);
    let score = (tile.p[r] * params.sm_scale + decay_bias(row.xy, decay)) * LOG2E;
    tile.p[r] = select(vec4f(0.0), exp2(score), m_pair);
    tile.ds[r] = tile.p[r] * (tile.ds[r] - bitcast<f32>(row.z));
  }
  return tile;
}

// Causal, not before the row's first key, and a row that exists.
fn kept(i: u32, end: u32, row: vec4<i32>, keys: vec4u) -> vec4<bool> {
  let m_causal = keys <= vec4u(i + params.key_len - params.query_len);
  return m_causal & (keys >= vec4u(u32(row.w))) & vec4<bool>(i < end);
}

// The first key that any of 4 rows keeps.
fn first_of(o_rows: vec4u) -> u32 {
  return smallest(vec4u(vec4<i32>(stats[o_rows.x].w, stats[o_rows.y].w, stats[o_rows.z].w, stats[o_rows.w].w)));
}

@compute @workgroup_size(WG_SIZE)
fn main(@builtin(workgroup_id) wg: vec3u, @builtin(num_workgroups) grid: vec3u, @builtin(local_invocation_index) lane: u32) {
  let num_heads = params.num_heads;
  let h_key = wg.y;
  let b = wg.z;
  let j_first = (wg.x * WG_SIZE + lane) * 4u;
  if (j_first >= params.key_len) { return; }
  let group = num_heads / params.num_kv_heads;
  let stride = num_heads * D4;
  let raw_keys = vec4u(j_first, j_first + 1u, j_first + 2u, j_first + 3u);
  // Keys past the end repeat the last one and are not stored.
  let keys = min(raw_keys, vec4u(params.key_len - 1u));
  let o_k = ((b * params.key_len + keys) * params.num_kv_heads + h_key) * D4;
  var p_dk: array<vec4f, 4u * D4>; // [4, D]
  var p_dv: array<vec4f, 4u * D4>; // [4, D]

  for (var h = h_key * group; h < (h_key + 1u) * group; h++) {
    let o_q = (b * params.query_len * num_heads + h) * D4;
    let bh = b * num_heads + h;
    let o_row_stats = bh * params.query_len;
    let o_key_stats = grid.z * num_heads * params.query_len + bh * params.key_len + keys;
    let key_0 = stats[o_key_stats.x];
    let key_1 = stats[o_key_stats.y];
    let key_2 = stats[o_key_stats.z];
    let key_3 = stats[o_key_stats.w];
    let decay = key_decay(key_0.xy, key_1.xy, key_2.xy, key_3.xy);
    let end = u32(max(max(key_0.w, key_1.w), max(key_2.w, key_3.w)));
    var column_sum = vec4f(0.0);

    for (var i = u32(key_0.z) / 8u * 8u; i < end; i += 8u) {
      let near = min(vec4u(i, i + 1u, i + 2u, i + 3u), vec4u(params.query_len - 1u));
      let far = min(vec4u(i + 4u, i + 5u, i + 6u, i + 7u), vec4u(params.query_len - 1u));
      if (min(first_of(o_row_stats + near), first_of(o_row_stats + far)) > keys.w) { continue; }
      let o_near = o_q + near * stride;
      let o_far = o_q + far * stride;
      var qk_near = mat4x4f();
      var qk_far = mat4x4f();
      var dp_near = mat4x4f();
      var dp_far = mat4x4f();
      for (var d = 0u; d < D4; d++) {
        let k_d = transpose(mat4x4f(vec4f(k[o_k.x + d]), vec4f(k[o_k.y + d]), vec4f(k[o_k.z + d]), vec4f(k[o_k.w + d])));
        qk_near += k_d * q_tile(o_near + d);
        qk_far += k_d * q_tile(o_far + d);
        let v_d = transpose(mat4x4f(vec4f(v[o_k.x + d]), vec4f(v[o_k.y + d]), vec4f(v[o_k.z + d]), vec4f(v[o_k.w + d])));
        dp_near += v_d * dout_tile(o_near + d);
        dp_far += v_d * dout_tile(o_far + d);
      }
      let tile_near = tile_of(qk_near, dp_near, o_row_stats + near, i, end, raw_keys, decay);
      let tile_far = tile_of(qk_far, dp_far, o_row_stats + far, i + 4u, end, raw_keys, decay);
      column_sum += (tile_near.ds + tile_far.ds) * vec4f(1.0);
      // [4 rows][key]
      let p_near = transpose(tile_near.p);
      let p_far = transpose(tile_far.p);
      let ds_near = transpose(tile_near.ds);
      let ds_far = transpose(tile_far.ds);
      for (var d = 0u; d < D4; d++) {
        let dk_d = q_tile(o_near + d) * ds_near + q_tile(o_far + d) * ds_far;
        let dv_d = dout_tile(o_near + d) * p_near + dout_tile(o_far + d) * p_far;
        p_dk[d] += dk_d[0]; p_dv[d] += dv_d[0];
        p_dk[D4 + d] += dk_d[1]; p_dv[D4 + d] += dv_d[1];
        p_dk[2u * D4 + d] += dk_d[2]; p_dv[2u * D4 + d] += dv_d[2];
        p_dk[3u * D4 + d] += dk_d[3]; p_dv[3u * D4 + d] += dv_d[3];
      }
    }
    for (var c = 0u; c < 4u && j_first + c < params.key_len; c++) {
      dlog_lambda[bh * params.key_len + j_first + c] = -column_sum[c];
    }
  }

  for (var c = 0u; c < 4u && j_first + c < params.key_len; c++) {
    for (var d = 0u; d < D4; d++) {
      dk[o_k[c] + d] = Stored(p_dk[c * D4 + d] * params.sm_scale);
      dv[o_k[c] + d] = Stored(p_dv[c * D4 + d]);
    }
  }
}
