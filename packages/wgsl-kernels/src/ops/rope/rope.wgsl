// rope: rotates the pair (x[c], x[c + D/2]) by position * base^(-2c / D); the gradient rotates back.
// The angle's cosine and sine are composed of two exact table entries, position = 512 * coarse + fine.
// grid       one thread a (token, c), 64 a workgroup, folded over x and y; it walks the heads
// x, y       [tokens, H, 2 * half] X, tokens = B * T
// positions  [tokens] i32; read only if HAS_POSITIONS, else t
// table      [512 + 513, half] vec2<f32>: cos and sin of fine, then of 512 * coarse; the last row is NaN
// cost       2 values an element

// @spec
const WG_SIZE: u32 = 64u;
const HAS_POSITIONS: bool = false;
alias X = f32;              // x and y in memory: f32 or f16
// @end-spec

struct Params {
  tokens: u32,
  seq_len: u32,
  num_heads: u32,
  half: u32,                // D / 2
  direction: f32,           // 1 forward, -1 back
}

@group(0) @binding(0) var<storage, read> x: array<X>;
@group(0) @binding(1) var<storage, read> positions: array<i32>;
@group(0) @binding(2) var<storage, read> table: array<vec2<f32>>;
@group(0) @binding(3) var<storage, read_write> y: array<X>;
@group(0) @binding(4) var<uniform> params: Params;

const STEPS: u32 = 512u;

// cos and sin of the angle at a position; NaN from 512^2 on.
fn rotation(position: i32, column: u32) -> vec2<f32> {
  let distance = u32(abs(position));
  let fine = table[(distance % STEPS) * params.half + column];
  let coarse = table[(STEPS + min(distance / STEPS, STEPS)) * params.half + column];
  let cosine = coarse.x * fine.x - coarse.y * fine.y;
  let sine = coarse.y * fine.x + coarse.x * fine.y;
  return vec2<f32>(cosine, select(sine, -sine, position < 0) * params.direction);
}

@compute @workgroup_size(WG_SIZE)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
  let index = id.y * groups.x * WG_SIZE + id.x;
  let token = index / params.half;
  if (token >= params.tokens) {
    return;
  }
  let column = index % params.half;
  var position = i32(token % params.seq_len);
  if (HAS_POSITIONS) {
    position = positions[token];
  }
  let turn = rotation(position, column);
  for (var head = 0u; head < params.num_heads; head++) {
    let o_first = (token * params.num_heads + head) * 2u * params.half + column;
    let o_second = o_first + params.half;
    let first = f32(x[o_first]);
    let second = f32(x[o_second]);
    y[o_first] = X(first * turn.x - second * turn.y);
    y[o_second] = X(first * turn.y + second * turn.x);
  }
}
