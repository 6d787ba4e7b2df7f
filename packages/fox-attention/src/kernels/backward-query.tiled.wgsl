// backward-query (tiled): dq_i = sm_scale * sum_j P_ij (dP_ij - delta_i) k_j. [FoX v2, backward pass]
// grid         see lib/tile.wgsl; the last rows first, as they have the most keys: a workgroup owns 32 query rows and takes 32
//              keys a step
// q, dout, dq  [B, M, H, D] Stored    k, v [B, N, Hkv, D] Stored    stats: see backward-prepare
// cost         6 * D flops per (query, key) pair of the tiles computed

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
@group(0) @binding(5) var<storage, read_write> dq: array<Stored>;
@group(0) @binding(6) var<uniform> params: Params;

fn load_queries_and_keys(chunk: u32, i_first: u32, j_first: u32, h: u32, h_key: u32, b: u32, lane: u32) {
  for (var n = lane; n < TILE * C4; n += THREADS) {
    let d = chunk * C4 + n % C4;
    t_a[n / C4 * STRIDE + n % C4] = vec4f(q[query_at(b, i_first + n / C4, h, d)]);
    t_b[n / C4 * STRIDE + n % C4] = vec4f(k[key_at(b, j_first + n / C4, h_key, d)]);
  }
}

fn load_dout_and_values(chunk: u32, i_first: u32, j_first: u32, h: u32, h_key: u32, b: u32, lane: u32) {
  for (var n = lane; n < TILE * C4; n += THREADS) {
    let d = chunk * C4 + n % C4;
    t_a[n / C4 * STRIDE + n % C4] = vec4f(dout[query_at(b, i_first + n / C4, h, d)]);
    t_b[n / C4 * STRIDE + n % C4] = vec4f(v[key_at(b, j_first + n / C4, h_key, d)]);
  }
}

fn load_keys(chunk: u32, j_first: u32, h_key: u32, b: u32, lane: u32) {
  for (var n = lane; n < TILE * C4; n += THREADS) {
    let d = chunk * C4 + n % C4;
    t_b[n / C4 * STRIDE + n % C4] = vec4f(k[key_at(b, j_first + n / C4, h_key, d)]);
  }
}

@compute @workgroup_size(THREADS)
fn main(@builtin(workgroup_id) wg: vec3u, @builtin(num_workgroups) grid: vec3u, @builtin(local_invocation_index) lane: u32) {
  let tx = lane % 8u;
  let ty = lane / 8u;
  let place = head_of(wg, grid, params.num_heads);
  let h = place.head;
  let h_key = h / (params.num_heads / params.num_kv_heads);
  let b = place.batch;
  let i_first = (grid.y - 1u - wg.y) * TILE;
  let offset = params.key_len - params.query_len;
  let bh = b * params.num_heads + h;
  let o_row_stats = bh * params.query_len;
  let o_key_stats = place.batches * params.num_heads * params.query_len + bh * params.key_len;
  let j_end = min(i_first + TILE, params.query_len) + offset;
  var p_stats: array<vec4<i32>, 4>;
  for (var r = 0u; r < 4u; r++) {
    p_stats[r] = stats[o_row_stats + min(i_first + ty + 8u * r, params.query_len - 1u)];
  }
  var p_dq: array<mat4x4f, CHUNKS>; // [CHUNKS, 4 rows]: vector tx of each chunk

  for (var j_first = first_of_tile(o_row_stats, i_first) / TILE * TILE; j_first < j_end; j_first += TILE) {
    var s = mat4x4f();
    var dp = mat4x4f();
    for (var chunk = 0u; chunk < CHUNKS; chunk++) {
      workgroupBarrier();
      load_queries_and_keys(chunk, i_first, j_first, h, h_key, b, lane);
      workgroupBarrier();
      s += multiply(tx, ty);
      workgroupBarrier();
      load_dout_and_values(chunk, i_first, j_first, h, h_key, b, lane);
      workgroupBarrier();
      dp += multiply(tx, ty);
    }
    let raw_keys = vec4u(j_first + tx) + vec4u(0u, 8u, 16u, 24u);
    let at = o_key_stats + min(raw_keys, vec4u(params.key_len - 1u));
    let decay = key_decay(stats[at.x].xy, stats[at.y].xy, stats[at.z].xy, stats[at.w].xy);
    for (var r = 0u; r < 4u; r++) {
      let row = p_stats[r];
      let last = i_first + ty + 8u * r + offset;
      let m_pair = (raw_keys <= vec4u(last)) & (raw_keys >= vec4u(u32(row.w)));
      let p = exp2((s[r] * params.sm_scale + decay_bias(row.xy, decay)) * LOG2E);
      s[r] = select(vec4f(0.0), p * (dp[r] - bitcast<f32>(row.z)), m_pair);
    }
    store_weights(s, tx, ty);
    for (var chunk = 0u; chunk < CHUNKS; chunk++) {
      workgroupBarrier();
      load_keys(chunk, j_first, h_key, b, lane);
      workgroupBarrier();
      p_dq[chunk] += weigh(tx, ty);
    }
  }

  for (var r = 0u; r < 4u; r++) {
    let i = i_first + ty + 8u * r;
    if (i >= params.query_len || tx >= C4) { continue; }
    for (var chunk = 0u; chunk < CHUNKS; chunk++) {
      dq[query_at(b, i, h, chunk * C4 + tx)] = Stored(p_dq[chunk][r] * params.sm_scale);
    }
  }
}
