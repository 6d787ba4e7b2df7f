// matmul-sum-splits: C = sum of the partial products of the splits of K (+ bias) (+ C), in the order of the splits.
// grid     workgroups of WG_SIZE threads, folded over x and y; one element of C a thread
// partials f32 [batch, splits, M, N]     bias  f32 [N], read only if HAS_BIAS     c  f16 or f32 [batch, M, N], from offset_c, row stride ldc
// cost     splits additions an element

// @spec
const WG_SIZE: u32 = 64u;
const HAS_BIAS: bool = false;
const ACCUMULATE: bool = false; // add to what C holds
alias StoredC = f32;            // or f16
// @end-spec

struct Params {
  m: u32,
  n: u32,
  batch: u32,
  splits: u32,
  ldc: u32,
  stride_c: u32,
  offset_c: u32,
}

@group(0) @binding(0) var<storage, read> partials: array<f32>;
@group(0) @binding(1) var<storage, read> bias: array<f32>;
@group(0) @binding(2) var<storage, read_write> c: array<StoredC>;
@group(0) @binding(3) var<uniform> params: Params;

@compute @workgroup_size(WG_SIZE)
fn main(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(num_workgroups) workgroups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let size = params.m * params.n;
  let i = (workgroup.y * workgroups.x + workgroup.x) * WG_SIZE + lane;
  if (i >= size * params.batch) { return; }
  let i_batch = i / size;
  let in_matrix = i % size;
  var sum = 0.0;
  for (var s = 0u; s < params.splits; s++) {
    sum += partials[(i_batch * params.splits + s) * size + in_matrix];
  }
  let n = in_matrix % params.n;
  let o_c = params.offset_c + i_batch * params.stride_c + (in_matrix / params.n) * params.ldc + n;
  if (HAS_BIAS) { sum += bias[n]; }
  if (ACCUMULATE) { sum += f32(c[o_c]); }
  c[o_c] = StoredC(sum);
}
