// embedding-forward: y[n] = weight[ids[n]] as f32, moved bit by bit from a table of f32; NaN where an id is outside the table.
// grid    one thread a Y, 64 a workgroup, folded over x and y
// ids     [tokens] i32     weight  [vocab, columns] Weight     y  [tokens, columns] Y
// cost    2 values an element of y

// @spec
const WG_SIZE: u32 = 64u;
alias Bits = u32;           // u32, or vec4<u32> where a row has a multiple of 4 elements
alias Weight = u32;         // Bits for a table of f32; else of f16
alias Y = u32;              // Bits for a table of f32; else of f32
// @end-spec

struct Params {
  tokens: u32,
  columns: u32,             // Y in a row
  vocab: u32,
}

@group(0) @binding(0) var<storage, read> ids: array<i32>;
@group(0) @binding(1) var<storage, read> weight: array<Weight>;
@group(0) @binding(2) var<storage, read_write> y: array<Y>;
@group(0) @binding(3) var<uniform> params: Params;

@compute @workgroup_size(WG_SIZE)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
  let index = id.y * groups.x * WG_SIZE + id.x;
  let token = index / params.columns;
  if (token >= params.tokens) {
    return;
  }
  // A negative id becomes a large one.
  let row = u32(ids[token]);
  if (row < params.vocab) {
    y[index] = Y(weight[row * params.columns + index % params.columns]);
  } else {
    // A variable: WGSL has no constant for NaN.
    var nan_bits = 0x7fc00000u;
    y[index] = bitcast<Y>(Bits(nan_bits));
  }
}
