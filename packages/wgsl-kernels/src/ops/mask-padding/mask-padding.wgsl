// mask-padding: y = x, but 0 where t < seq_start[b]; its own gradient.
// grid       one thread an Elem, 64 a workgroup, folded over x and y
// x, y       [tokens, columns] Elem, tokens = B * T
// seq_start  [B] i32
// cost       8 bytes an element

// @spec
const WG_SIZE: u32 = 64u;
alias Elem = f32;           // f32, or vec4<f32> where a token has a multiple of 4 elements
// @end-spec

struct Params {
  tokens: u32,
  seq_len: u32,
  columns: u32,             // Elems of a token
}

@group(0) @binding(0) var<storage, read> x: array<Elem>;
@group(0) @binding(1) var<storage, read> seq_start: array<i32>;
@group(0) @binding(2) var<storage, read_write> y: array<Elem>;
@group(0) @binding(3) var<uniform> params: Params;

@compute @workgroup_size(WG_SIZE)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
  let index = id.y * groups.x * WG_SIZE + id.x;
  let token = index / params.columns;
  if (token >= params.tokens) {
    return;
  }
  // Chosen, not multiplied: padding may hold NaN.
  if (i32(token % params.seq_len) < seq_start[token / params.seq_len]) {
    y[index] = Elem(0.0);
  } else {
    y[index] = x[index];
  }
}
