// matmul-sum-splits: C = sum of the partial products of the splits of K (+ bias) (+ C), in the order of the splits.
// grid     workgroups of WG_SIZE threads, folded over x and y; one Vector of C a thread
// partials f32 [batch, splits, M, N]     bias  f32 [N], read only if HAS_BIAS     c  f16 or f32 [batch, M, N], from offset_c, row stride ldc
// cost     splits additions an element

// @spec
const WG_SIZE: u32 = 64u;
const HAS_BIAS: bool = false;
const ACCUMULATE: bool = false; // add to what C holds
alias Vector = f32;             // f32, or vec4<f32> where rows of C are whole vectors
alias StoredC = f32;            // Vector as it lies in C: of f32 or of f16
// @end-spec

struct Params {
  m: u32,
  columns: u32,                 // vectors in a row of C
  batch: u32,
  splits: u32,
  row_vectors: u32,             // from one row of C to the next
  matrix_vectors: u32,          // from one matrix of C to the next
  first_vector: u32,            // where C begins
}

@group(0) @binding(0) var<storage, read> partials: array<Vector>;
@group(0) @binding(1) var<storage, read> bias: array<Vector>;
@group(0) @binding(2) var<storage, read_write> c: array<StoredC>;
@group(0) @binding(3) var<uniform> params: Params;

@compute @workgroup_size(WG_SIZE)
fn main(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(num_workgroups) workgroups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let size = params.m * params.columns;
  let i = (workgroup.y * workgroups.x + workgroup.x) * WG_SIZE + lane;
  if (i >= size * params.batch) { return; }
  let i_batch = i / size;
  let in_matrix = i % size;
  let o_first = i_batch * params.splits * size + in_matrix;
  var sum = Vector();
  var s = 0u;
  // Four loads at a time are on the way.
  for (; s + 4u <= params.splits; s += 4u) {
    let o = o_first + s * size;
    let one = partials[o];
    let two = partials[o + size];
    let three = partials[o + 2u * size];
    let four = partials[o + 3u * size];
    sum = sum + one + two + three + four;
  }
  for (; s < params.splits; s++) { sum += partials[o_first + s * size]; }
  let n = in_matrix % params.columns;
  let row = in_matrix / params.columns;
  let o_c = params.first_vector + i_batch * params.matrix_vectors + row * params.row_vectors + n;
  if (HAS_BIAS) { sum += bias[n]; }
  if (ACCUMULATE) { sum += Vector(c[o_c]); }
  c[o_c] = StoredC(sum);
}
