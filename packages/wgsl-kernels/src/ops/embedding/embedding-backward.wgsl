// embedding-backward: dweight[v] = sum of dy[n] over the positions n with ids[n] = v, in rising order; zero where there is none.
// grid     one thread an Elem of dweight, 64 a workgroup, folded over x and y
// first    [vocab] u32, next  [tokens] u32: chains of positions, each plus 1, from link-occurrences
// dy       [tokens, columns] Elem     dweight  [vocab, columns] Elem
// cost     4 bytes an element of dy and of dweight; the longest chain bounds the time

// @spec
const WG_SIZE: u32 = 64u;
alias Elem = f32;           // f32, or vec4<f32> where a row has a multiple of 4 elements
// @end-spec

struct Params {
  vocab: u32,
  columns: u32,             // Elems in a row
}

@group(0) @binding(0) var<storage, read> first: array<u32>;
@group(0) @binding(1) var<storage, read> next: array<u32>;
@group(0) @binding(2) var<storage, read> dy: array<Elem>;
@group(0) @binding(3) var<storage, read_write> dweight: array<Elem>;
@group(0) @binding(4) var<uniform> params: Params;

@compute @workgroup_size(WG_SIZE)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
  let index = id.y * groups.x * WG_SIZE + id.x;
  let row = index / params.columns;
  if (row >= params.vocab) {
    return;
  }
  let column = index % params.columns;
  var sum = Elem(0.0);
  var link = first[row];
  while (link != 0u) {
    let token = link - 1u;
    sum += dy[token * params.columns + column];
    link = next[token];
  }
  dweight[index] = sum;
}
