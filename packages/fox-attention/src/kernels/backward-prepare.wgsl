// backward-prepare: what both backward kernels need of each query row and each key, in one buffer. [FoX v2, backward pass]
// grid         folded, one thread an entry of 4 words
// row entry    (b H + h) M + i:           two-part lambda_i - lse_i, delta_i = sum_d out * dout, first kept key
// key entry    B H M + (b H + h) N + j:   two-part lambda_j, first row that may keep the key, row after the last one
// so that P_ij = exp(sm_scale q k + row - key) with no further rounding of the large parts
// out, dout    [B, M, H, D] Stored    row_stats [B, H, M]: see forward    log_lambda [B, H, N] two-part
// end_index    [B, H, ceil(N / block_n)] rows, read only if HAS_END_INDEX    visibility [B, N] (first, end), read only if HAS_VISIBILITY
// cost         2 * D flops per row

// @spec
const HEAD_DIM: u32 = 64u;
alias Stored = vec4<f32>;     // vec4<f32> or vec4<f16>
const WG_SIZE: u32 = 64u;
const HAS_GATE: bool = true;
const HAS_VISIBILITY: bool = false;
const HAS_END_INDEX: bool = false;
// @end-spec

struct Params { batch: u32, num_heads: u32, query_len: u32, key_len: u32, block_n: u32 }

@group(0) @binding(0) var<storage, read> out: array<Stored>;
@group(0) @binding(1) var<storage, read> dout: array<Stored>;
@group(0) @binding(2) var<storage, read> row_stats: array<vec2<i32>>;
@group(0) @binding(3) var<storage, read> log_lambda: array<vec2<i32>>;
@group(0) @binding(4) var<storage, read> end_index: array<i32>;
@group(0) @binding(5) var<storage, read> visibility: array<vec2<i32>>;
@group(0) @binding(6) var<storage, read_write> stats: array<vec4<i32>>;
@group(0) @binding(7) var<uniform> params: Params;

const D4: u32 = HEAD_DIM / 4u;

fn load_lambda(at: u32) -> vec2<i32> {
  if (HAS_GATE) { return log_lambda[at]; }
  return vec2<i32>(0);
}

// bh = b H + h
fn row_entry(bh: u32, i: u32) -> vec4<i32> {
  let b = bh / params.num_heads;
  let o_row = ((b * params.query_len + i) * params.num_heads + bh % params.num_heads) * D4;
  var delta = 0.0;
  for (var d = 0u; d < D4; d++) { delta += dot(vec4f(out[o_row + d]), vec4f(dout[o_row + d])); }
  // lse as sixteenths and a rest, both exact; rows with nothing to attend to keep no pair, so their value is free.
  let row = row_stats[bh * params.query_len + i];
  let row_lse = bitcast<f32>(row.x);
  let value = select(0.0, row_lse, row_lse > 0.5 * NEG_LARGE);
  let count = round(value * 16.0);
  let lambda = load_lambda(bh * params.key_len + params.key_len - params.query_len + i);
  let rest = bitcast<f32>(lambda.y) - (value - count * 0.0625);
  return vec4<i32>(lambda.x - i32(count), bitcast<i32>(rest), bitcast<i32>(delta), row.y);
}

fn key_entry(bh: u32, j: u32) -> vec4<i32> {
  let offset = i32(params.key_len - params.query_len);
  var end = i32(params.query_len);
  if (HAS_VISIBILITY) { end = min(end, visibility[bh / params.num_heads * params.key_len + j].y - offset); }
  if (HAS_END_INDEX) {
    let blocks = (params.key_len + params.block_n - 1u) / params.block_n;
    end = min(end, end_index[bh * blocks + j / params.block_n]);
  }
  return vec4<i32>(load_lambda(bh * params.key_len + j), max(i32(j) - offset, 0), max(end, 0));
}

@compute @workgroup_size(WG_SIZE)
fn main(@builtin(workgroup_id) wg: vec3u, @builtin(num_workgroups) grid: vec3u, @builtin(local_invocation_index) lane: u32) {
  let entry = (wg.y * grid.x + wg.x) * WG_SIZE + lane;
  let heads = params.batch * params.num_heads;
  let row_entries = heads * params.query_len;
  if (entry < row_entries) {
    stats[entry] = row_entry(entry / params.query_len, entry % params.query_len);
  } else if (entry < row_entries + heads * params.key_len) {
    let key = entry - row_entries;
    stats[entry] = key_entry(key / params.key_len, key % params.key_len);
  }
}
