// backward-key (tiled): dv_j = sum_i P_ij dout_i, dk_j = sm_scale * sum_i dS_ij q_i, dlog_lambda_j = - sum_i dS_ij,
// with dS_ij = P_ij (dP_ij - delta_i); dk and dv also sum over the query heads of their key head. [FoX v2, backward pass]
// grid         see lib/tile.wgsl; the first keys first, as they have the most rows: a workgroup owns 32 keys and takes 32 query
//              rows a step
// q, dout      [B, M, H, D] Stored    k, v, dk, dv [B, N, Hkv, D] Stored    dlog_lambda [B, H, N]    stats: see backward-prepare
// cost         8 * D flops per (query, key) pair of the tiles computed

// @spec
const HEAD_DIM: u32 = 64u;
alias Stored = vec4<f32>;     // vec4<f32> or vec4<f16>
const CHUNK: u32 = 32u;
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

var<workgroup> t_sum: array<f32, TILE * 8u>; // [TILE, 8]: each thread's share of the column sums

fn load_keys_and_queries(chunk: u32, j_first: u32, i_first: u32, h: u32, h_key: u32, b: u32, lane: u32) {
  for (var n = lane; n < TILE * C4; n += THREADS) {
    let d = chunk * C4 + n % C4;
    t_a[n / C4 * STRIDE + n % C4] = vec4f(k[key_at(b, j_first + n / C4, h_key, d)]);
    t_b[n / C4 * STRIDE + n % C4] = vec4f(q[query_at(b, i_first + n / C4, h, d)]);
  }
}

fn load_values_and_dout(chunk: u32, j_first: u32, i_first: u32, h: u32, h_key: u32, b: u32, lane: u32) {
  for (var n = lane; n < TILE * C4; n += THREADS) {
    let d = chunk * C4 + n % C4;
    t_a[n / C4 * STRIDE + n % C4] = vec4f(v[key_at(b, j_first + n / C4, h_key, d)]);
    t_b[n / C4 * STRIDE + n % C4] = vec4f(dout[query_at(b, i_first + n / C4, h, d)]);
  }
}

fn load_queries(chunk: u32, i_first: u32, h: u32, b: u32, lane: u32) {
  for (var n = lane; n < TILE * C4; n += THREADS) {
    let d = chunk * C4 + n % C4;
    t_b[n / C4 * STRIDE + n % C4] = vec4f(q[query_at(b, i_first + n / C4, h, d)]);
  }
}

fn load_dout(chunk: u32, i_first: u32, h: u32, b: u32, lane: u32) {
  for (var n = lane; n < TILE * C4; n += THREADS) {
    let d = chunk * C4 + n % C4;
    t_b[n / C4 * STRIDE + n % C4] = vec4f(dout[query_at(b, i_first + n / C4, h, d)]);
  }
}

// The row after the last one that may keep any of the tile's keys. Ends do not decrease, keys that no row keeps aside.
fn end_of_tile(o_key_stats: u32, j_first: u32) -> u32 {
  for (var j = min(j_first + TILE, params.key_len); j > j_first; j--) {
    let key = stats[o_key_stats + j - 1u];
    if (key.w > key.z) { return u32(key.w); }
  }
  return 0u;
}

@compute @workgroup_size(THREADS)
fn main(@builtin(workgroup_id) wg: vec3u, @builtin(num_workgroups) grid: vec3u, @builtin(local_invocation_index) lane: u32) {
  let tx = lane % 8u;
  let ty = lane / 8u;
  let place = head_of(wg, grid, params.num_kv_heads);
  let h_key = place.head;
  let b = place.batch;
  let group = params.num_heads / params.num_kv_heads;
  let j_first = wg.y * TILE;
  let j_last = min(j_first + TILE, params.key_len) - 1u;
  let offset = params.key_len - params.query_len;
  var p_dk: array<mat4x4f, CHUNKS>; // [CHUNKS, 4 keys]: vector tx of each chunk
  var p_dv: array<mat4x4f, CHUNKS>;

  for (var h = h_key * group; h < (h_key + 1u) * group; h++) {
    let bh = b * params.num_heads + h;
    let o_row_stats = bh * params.query_len;
    let o_key_stats = place.batches * params.num_heads * params.query_len + bh * params.key_len;
    let i_end = end_of_tile(o_key_stats, j_first);
    var p_keys: array<vec2<i32>, 4>;
    for (var r = 0u; r < 4u; r++) { p_keys[r] = stats[o_key_stats + min(j_first + ty + 8u * r, j_last)].xy; }
    var column_sums = vec4f(0.0);

    for (var i_first = u32(stats[o_key_stats + j_first].z) / TILE * TILE; i_first < i_end; i_first += TILE) {
      if (first_of_tile(o_row_stats, i_first) > j_last) { continue; }
      // [4 keys][4 rows]
      var p = mat4x4f();
      var ds = mat4x4f();
      for (var chunk = 0u; chunk < CHUNKS; chunk++) {
        workgroupBarrier();
        load_keys_and_queries(chunk, j_first, i_first, h, h_key, b, lane);
        workgroupBarrier();
        p += multiply(tx, ty);
        workgroupBarrier();
        load_values_and_dout(chunk, j_first, i_first, h, h_key, b, lane);
        workgroupBarrier();
        ds += multiply(tx, ty);
      }
      let raw_rows = vec4u(i_first + tx) + vec4u(0u, 8u, 16u, 24u);
      let at = o_row_stats + min(raw_rows, vec4u(params.query_len - 1u));
      let row_0 = stats[at.x];
      let row_1 = stats[at.y];
      let row_2 = stats[at.z];
      let row_3 = stats[at.w];
      let decay = key_decay(row_0.xy, row_1.xy, row_2.xy, row_3.xy);
      let delta = bitcast<vec4f>(vec4<i32>(row_0.z, row_1.z, row_2.z, row_3.z));
      let first = vec4u(vec4<i32>(row_0.w, row_1.w, row_2.w, row_3.w));
      for (var r = 0u; r < 4u; r++) {
        let j = vec4u(j_first + ty + 8u * r);
        let m_pair = (j <= raw_rows + offset) & (j >= first) & (raw_rows < vec4u(i_end));
        // decay_bias is key minus row here, so it counts negative.
        let score = (p[r] * params.sm_scale - decay_bias(p_keys[r], decay)) * LOG2E;
        p[r] = select(vec4f(0.0), exp2(score), m_pair);
        ds[r] = p[r] * (ds[r] - delta);
        column_sums[r] += dot(ds[r], vec4f(1.0));
      }
      store_weights(p, tx, ty);
      for (var chunk = 0u; chunk < CHUNKS; chunk++) {
        workgroupBarrier();
        load_dout(chunk, i_first, h, b, lane);
        workgroupBarrier();
        p_dv[chunk] += weigh(tx, ty);
      }
      workgroupBarrier();
      store_weights(ds, tx, ty);
      for (var chunk = 0u; chunk < CHUNKS; chunk++) {
        workgroupBarrier();
        load_queries(chunk, i_first, h, b, lane);
        workgroupBarrier();
        p_dk[chunk] += weigh(tx, ty);
      }
    }

    workgroupBarrier();
    for (var r = 0u; r < 4u; r++) { t_sum[(ty + 8u * r) * 8u + tx] = column_sums[r]; }
    workgroupBarrier();
    if (lane < TILE && j_first + lane < params.key_len) {
      var sum = 0.0;
      for (var x = 0u; x < 8u; x++) { sum += t_sum[lane * 8u + x]; }
      dlog_lambda[bh * params.key_len + j_first + lane] = -sum;
    }
  }

  for (var r = 0u; r < 4u; r++) {
    let j = j_first + ty + 8u * r;
    if (j >= params.key_len || tx >= C4) { continue; }
    for (var chunk = 0u; chunk < CHUNKS; chunk++) {
      let o_key = key_at(b, j, h_key, chunk * C4 + tx);
      dk[o_key] = Stored(p_dk[chunk][r] * params.sm_scale);
      dv[o_key] = Stored(p_dv[chunk][r]);
    }
  }
}
