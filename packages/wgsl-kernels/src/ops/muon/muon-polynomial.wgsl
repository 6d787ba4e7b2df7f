// muon-polynomial: square = a I + b gram + c square, for symmetric matrices [n, n]: what a step of Newton-Schulz multiplies X by
// grid     one thread an element, folded over x and y
// gram     [batch, n, n] Stored      square  [batch, n, n] Stored, in place
// cost     3 values an element

// @spec
const WG_SIZE: u32 = 64u;
alias Stored = f32;           // f32 or f16
// @end-spec

struct Params {
  size: u32,                // elements of all matrices
  n: u32,
  a: f32,
  b: f32,
  c: f32,
}

@group(0) @binding(0) var<storage, read> gram: array<Stored>;
@group(0) @binding(1) var<storage, read_write> square: array<Stored>;
@group(0) @binding(2) var<uniform> params: Params;

@compute @workgroup_size(WG_SIZE)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
  let index = id.y * groups.x * WG_SIZE + id.x;
  if (index >= params.size) {
    return;
  }
  let is_diagonal = (index / params.n) % params.n == index % params.n;
  let identity = select(0.0, params.a, is_diagonal);
  let value = params.b * f32(gram[index]) + params.c * f32(square[index]);
  square[index] = Stored(identity + value);
}
