// embedding-backward: dweight[v] = sum of dy[n] over the positions n with ids[n] = v, in rising order; zero where there is none.
// grid     one thread a Vector of dweight, 64 a workgroup, folded over x and y; or, BY_TOKEN, of dy: then only
//          first occurrences work, and rows of dweight that no id names must be zero before
// ids      [tokens] i32; read only if BY_TOKEN
// first    [vocab] u32, next  [tokens] u32: chains of positions, each plus 1, from link-occurrences
// dy       [tokens, columns] Vector     dweight  [vocab, columns] Weight
// cost     one value an element of dy and of dweight; the longest chain bounds the time

// @spec
const WG_SIZE: u32 = 64u;
const BY_TOKEN: bool = false; // faster where the table has more rows than there are tokens
alias Vector = f32;           // f32, or vec4<f32> where a row has a multiple of 4 elements
alias Weight = f32;           // Vector as dweight lies in memory: of f32 or of f16
// @end-spec

struct Params {
  tokens: u32,
  vocab: u32,
  columns: u32,             // vectors in a row
}

@group(0) @binding(0) var<storage, read> ids: array<i32>;
@group(0) @binding(1) var<storage, read> first: array<u32>;
@group(0) @binding(2) var<storage, read> next: array<u32>;
@group(0) @binding(3) var<storage, read> dy: array<Vector>;
@group(0) @binding(4) var<storage, read_write> dweight: array<Weight>;
@group(0) @binding(5) var<uniform> params: Params;

const NO_ROW: u32 = 0xffffffffu;

// The row of dweight that this thread owns.
fn owned_row(item: u32) -> u32 {
  if (!BY_TOKEN) {
    return select(NO_ROW, item, item < params.vocab);
  }
  if (item >= params.tokens) {
    return NO_ROW;
  }
  let row = u32(ids[item]);
  if (row >= params.vocab) {
    return NO_ROW;
  }
  return select(NO_ROW, row, first[row] == item + 1u);
}

@compute @workgroup_size(WG_SIZE)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
  let index = id.y * groups.x * WG_SIZE + id.x;
  let row = owned_row(index / params.columns);
  if (row == NO_ROW) {
    return;
  }
  let column = index % params.columns;
  var sum = Vector(0.0);
  var link = first[row];
  while (link != 0u) {
    let token = link - 1u;
    sum += dy[token * params.columns + column];
    link = next[token];
  }
  dweight[row * params.columns + column] = Weight(sum);
}
