// first page: how many pages at the left of each head no later query can need: 2U + D(now, j) + S_j <= log ε at their last token j.
// grid         one thread a (b, h), 64 a workgroup
// logit_bound  [B, H] f32: U    carry [B, H] two-part: logLambda of the newest token
// page_ends    [pages, B, H] vec4<i32>: logLambda and the bits of S at the last token of each page
// first_page   [B, H]: where the search goes on, and what it found; -1 where a gate or U is NaN
// cost         16 bytes a page looked at

// @spec
const WG_SIZE: u32 = 64u;
// @end-spec

struct Params {
  heads: u32,               // B * H
  full_pages: u32,          // pages whose 32 tokens are all there
  log_tolerance: f32,       // log ε, less what rounding may take
}

@group(0) @binding(0) var<storage, read> logit_bound: array<f32>;
@group(0) @binding(1) var<storage, read> carry: array<vec2<i32>>;
@group(0) @binding(2) var<storage, read> page_ends: array<vec4<i32>>;
@group(0) @binding(3) var<storage, read_write> first_page: array<i32>;
@group(0) @binding(4) var<uniform> params: Params;

// By its bits: compilers may assume that nothing is NaN.
fn is_nan(bits: i32) -> bool { return (u32(bits) & 0x7fffffffu) > 0x7f800000u; }

@compute @workgroup_size(WG_SIZE)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let head = id.x;
  if (head >= params.heads) { return; }
  let now = carry[head];
  let bound = logit_bound[head];
  if (is_nan(now.y) || is_nan(bitcast<i32>(bound))) {
    first_page[head] = -1;
    return;
  }
  var page = u32(max(first_page[head], 0));
  for (; page < params.full_pages; page++) {
    let page_end = page_ends[page * params.heads + head];
    let decay = decay_bias(now, key_decay(page_end.xy, page_end.xy, page_end.xy, page_end.xy)).x;
    if (2.0 * bound + decay + bitcast<f32>(page_end.z) > params.log_tolerance) { break; }
  }
  first_page[head] = i32(page);
}
