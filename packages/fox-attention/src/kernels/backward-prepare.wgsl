// backward-prepare: what both backward kernels need of each query row and each key, in one buffer. [FoX v2, backward pass]
// grid         folded, one thread an entry of 4 words
// row entry    (b H + h) M + i:           two-part lambda_i - lse_i, delta_i = sum_d out * dout, first kept key
// key entry    B H M + (b H + h) N + j:   two-part lambda_j, first kept row, row after the last kept one
// so that P_ij = exp(sm_scale q k + row - key) with no further rounding of the large parts
// out, dout    [B, M, H, D] f32    lse [B, H, M]    log_lambda [B, H, N] two-part
// start_index  [B, H, ceil(M / block_m)]    end_index [B, H, ceil(N / block_n)]    seq_start [B]
// cost         2 * D flops per row

// @spec
const HEAD_DIM: u32 = 64u;
const WG_SIZE: u32 = 64u;
const HAS_GATE: bool = true;
const HAS_PADDING: bool = false;
const HAS_RANGES: bool = false;
// @end-spec

struct Params { batch: u32, num_heads: u32, query_len: u32, key_len: u32, block_m: u32, block_n: u32 }

@group(0) @binding(0) var<storage, read> out: array<vec4f>;
@group(0) @binding(1) var<storage, read> dout: array<vec4f>;
@group(0) @binding(2) var<storage, read> lse: array<f32>;
@group(0) @binding(3) var<storage, read> log_lambda: array<vec2<i32>>;
@group(0) @binding(4) var<storage, read> start_index: array<i32>;
@group(0) @binding(5) var<storage, read> end_index: array<i32>;
@group(0) @binding(6) var<storage, read> seq_start: array<i32>;
@group(0) @binding(7) var<storage, read_write> stats: array<vec4<i32>>;
@group(0) @binding(8) var<uniform> params: Params;

const D4: u32 = HEAD_DIM / 4u;

fn load_lambda(at: u32) -> vec2<i32> {
  if (HAS_GATE) { return log_lambda[at]; }
  return vec2<i32>(0);
}

fn padding(b: u32) -> i32 {
  if (HAS_PADDING) { return max(seq_start[b], 0); }
  return 0;
}

// bh = b H + h
fn row_entry(bh: u32, i: u32) -> vec4<i32> {
  let b = bh / params.num_heads;
  let o_row = ((b * params.query_len + i) * params.num_heads + bh % params.num_heads) * D4;
  var delta = 0.0;
  for (var d = 0u; d < D4; d++) { delta += dot(out[o_row + d], dout[o_row + d]); }
  var first = padding(b);
  if (HAS_RANGES) {
    let blocks = (params.query_len + params.block_m - 1u) / params.block_m;
    first = max(first, start_index[bh * blocks + i / params.block_m]);
  }
  // lse as sixteenths and a rest, both exact; rows with nothing to attend to keep no pair, so their value is free.
  let row_lse = lse[bh * params.query_len + i];
  let value = select(0.0, row_lse, row_lse > 0.5 * NEG_LARGE);
  let count = round(value * 16.0);
  let lambda = load_lambda(bh * params.key_len + params.key_len - params.query_len + i);
  let rest = bitcast<f32>(lambda.y) - (value - count * 0.0625);
  return vec4<i32>(lambda.x - i32(count), bitcast<i32>(rest), bitcast<i32>(delta), first);
}

fn key_entry(bh: u32, j: u32) -> vec4<i32> {
  let start = padding(bh / params.num_heads);
  let offset = i32(params.key_len - params.query_len);
  var end = i32(params.query_len);
  if (HAS_RANGES) {
    let blocks = (params.key_len + params.block_n - 1u) / params.block_n;
    end = min(end, end_index[bh * blocks + j / params.block_n]);
  }
  if (i32(j) < start) { end = 0; }
  let first = max(max(i32(j), start) - offset, 0);
  return vec4<i32>(load_lambda(bh * params.key_len + j), first, end);
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
