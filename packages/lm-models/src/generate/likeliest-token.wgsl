// likeliest token: the index of the largest logit of each row, the lowest among equals, and the first logit that is not finite.
// grid         one workgroup a row
// logits       [B, V] f32, as bits
// chosen       [2, B] i32: the token; the index of the first logit that is NaN or infinite, else -1
// cost         4 * V bytes a row

// @spec
const WG_SIZE: u32 = 256u;
const UNROLL: u32 = 8u;     // logits that a thread asks for at once
// @end-spec

struct Params {
  batch: u32,
  vocab: u32,
}

@group(0) @binding(0) var<storage, read> logits: array<u32>;
@group(0) @binding(1) var<storage, read_write> chosen: array<i32>;
@group(0) @binding(2) var<uniform> params: Params;

var<workgroup> t_best: array<vec2u, WG_SIZE>;   // key, token
var<workgroup> t_bad: array<u32, WG_SIZE>;

@compute @workgroup_size(WG_SIZE)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let row = group.x;
  let o_row = row * params.vocab;
  var best = vec2u(0u, lane);
  var bad = 0xffffffffu;
  for (var first = lane; first < params.vocab; first += WG_SIZE * UNROLL) {
    var p_bits: array<u32, UNROLL>;
    for (var u = 0u; u < UNROLL; u++) {
      p_bits[u] = logits[o_row + min(first + u * WG_SIZE, params.vocab - 1u)];
    }
    for (var u = 0u; u < UNROLL; u++) {
      // Past the end the last token comes again: it is not greater than itself.
      let token = min(first + u * WG_SIZE, params.vocab - 1u);
      let key = key_of(p_bits[u]);
      if (key > best.x) { best = vec2u(key, token); }
      if (!is_finite(p_bits[u])) { bad = min(bad, token); }
    }
  }
  t_best[lane] = best;
  t_bad[lane] = bad;
  for (var stride = WG_SIZE / 2u; stride > 0u; stride /= 2u) {
    workgroupBarrier();
    if (lane < stride) {
      let other = t_best[lane + stride];
      let mine = t_best[lane];
      if (other.x > mine.x || (other.x == mine.x && other.y < mine.y)) { t_best[lane] = other; }
      t_bad[lane] = min(t_bad[lane], t_bad[lane + stride]);
    }
  }
  if (lane == 0u) {
    chosen[row] = i32(t_best[0].y);
    // No bad one: 0xffffffff is -1.
    chosen[params.batch + row] = bitcast<i32>(t_bad[0]);
  }
}
