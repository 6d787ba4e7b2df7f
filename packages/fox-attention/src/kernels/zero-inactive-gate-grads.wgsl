// zero-inactive-gate-grads: in place, dlog_fgate[b, t, h] = 0 where the first query that gate t could act on sees no key before t:
// padding, the start of a document, a window of one token. The reverse sum leaves rounding noise there.
// grid         folded, one thread an element
// dlog_fgate   [B, N, H] f32    visibility [B, N] (first, end), read only if HAS_VISIBILITY

// @spec
const WG_SIZE: u32 = 64u;
const HAS_VISIBILITY: bool = false;
// @end-spec

struct Params { batch: u32, num_heads: u32, query_len: u32, key_len: u32 }

@group(0) @binding(0) var<storage, read_write> dlog_fgate: array<f32>;
@group(0) @binding(1) var<storage, read> visibility: array<vec2<i32>>;
@group(0) @binding(2) var<uniform> params: Params;

@compute @workgroup_size(WG_SIZE)
fn main(@builtin(workgroup_id) wg: vec3u, @builtin(num_workgroups) grid: vec3u, @builtin(local_invocation_index) lane: u32) {
  let at = (wg.y * grid.x + wg.x) * WG_SIZE + lane;
  let token = at / params.num_heads;
  let b = token / params.key_len;
  if (b >= params.batch) { return; }
  let t = token % params.key_len;
  var first = 0;
  if (HAS_VISIBILITY) { first = visibility[b * params.key_len + max(t, params.key_len - params.query_len)].x; }
  if (i32(t) <= first) { dlog_fgate[at] = 0.0; }
}
