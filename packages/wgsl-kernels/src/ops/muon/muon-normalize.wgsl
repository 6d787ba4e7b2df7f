// muon-normalize: x = direction / (norm + epsilon), with the Frobenius norm of each matrix
// grid       [parts, batch], as in muon-momentum
// direction  [batch, size] Vector      partials  f32 [batch, parts], sums of squares      x  [batch, size] Stored
// cost       8 bytes an element, 6 where x is f16

// @spec
const WG_SIZE: u32 = 64u;     // a power of two
const PER_THREAD: u32 = 16u;  // vectors that a thread takes
alias Vector = f32;           // f32, or vec4<f32> where the size is a multiple of 4
alias Stored = f32;           // Vector as x lies in memory: of f32 or of f16
// @end-spec

struct Params {
  size: u32,                // vectors of a matrix
  parts: u32,
  epsilon: f32,
}

@group(0) @binding(0) var<storage, read> direction: array<Vector>;
@group(0) @binding(1) var<storage, read> partials: array<f32>;
@group(0) @binding(2) var<storage, read_write> x: array<Stored>;
@group(0) @binding(3) var<uniform> params: Params;

var<workgroup> sums: array<f32, WG_SIZE>;

@compute @workgroup_size(WG_SIZE)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  var sum = 0.0;
  for (var part = thread; part < params.parts; part += WG_SIZE) {
    sum += partials[group.y * params.parts + part];
  }
  sums[thread] = sum;
  for (var half = WG_SIZE / 2u; half > 0u; half /= 2u) {
    workgroupBarrier();
    if (thread < half) {
      sums[thread] += sums[thread + half];
    }
  }
  workgroupBarrier();
  let norm = sqrt(sums[0]) + params.epsilon;
  let first = group.x * PER_THREAD * WG_SIZE + thread;
  let end = min(first + PER_THREAD * WG_SIZE, params.size);
  for (var index = first; index < end; index += WG_SIZE) {
    x[group.y * params.size + index] = Stored(direction[group.y * params.size + index] / norm);
  }
}
