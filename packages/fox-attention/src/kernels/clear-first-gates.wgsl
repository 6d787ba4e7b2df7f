// clear-first-gates: in place, dlog_fgate[b, t, h] = 0 for t <= seq_start[b]: those gates act on no kept pair.
// The reverse sum leaves rounding noise there, as the column sums of a whole head cancel to zero.
// grid         folded, one thread an element
// dlog_fgate   [B, N, H] f32    seq_start [B], read only if HAS_PADDING

// @spec
const WG_SIZE: u32 = 64u;
const HAS_PADDING: bool = false;
// @end-spec

struct Params { batch: u32, num_heads: u32, key_len: u32 }

@group(0) @binding(0) var<storage, read_write> dlog_fgate: array<f32>;
@group(0) @binding(1) var<storage, read> seq_start: array<i32>;
@group(0) @binding(2) var<uniform> params: Params;

@compute @workgroup_size(WG_SIZE)
fn main(@builtin(workgroup_id) wg: vec3u, @builtin(num_workgroups) grid: vec3u, @builtin(local_invocation_index) lane: u32) {
  let at = (wg.y * grid.x + wg.x) * WG_SIZE + lane;
  let token = at / params.num_heads;
  let b = token / params.key_len;
  if (b >= params.batch) { return; }
  var first = 0;
  if (HAS_PADDING) { first = max(seq_start[b], 0); }
  if (i32(token % params.key_len) <= first) { dlog_fgate[at] = 0.0; }
}
