// muon-momentum: Nesterov momentum of matrices that lie in a slab, and sums of squares of what it gives, g = factor · grad:
// m += (1 - μ)(g - m)      direction = g + μ (m - g)      nothing at all where control.skip is set
// grid       [parts, batch]; a workgroup takes PER_THREAD · WG_SIZE neighbouring vectors of one matrix
// m          [slab] Vector, in place      grad  [slab] Vector      control  f32 [8]
// offsets    u32 [batch], where in the slab each matrix begins, in elements
// direction  [batch, size] Vector         partials  f32 [batch, parts]
// cost       16 bytes an element

// @spec
const WG_SIZE: u32 = 64u;     // a power of two
const PER_THREAD: u32 = 16u;  // vectors that a thread takes
const WIDTH: u32 = 1u;        // values in a Vector
alias Vector = f32;           // f32, or vec4<f32> where size and offsets are multiples of 4
// @end-spec

struct Params {
  size: u32,                // vectors of a matrix
  parts: u32,
  momentum: f32,
  one_minus_momentum: f32,
}

@group(0) @binding(0) var<storage, read_write> m: array<Vector>;
@group(0) @binding(1) var<storage, read> grad: array<Vector>;
@group(0) @binding(2) var<storage, read> control: StepControl;
@group(0) @binding(3) var<storage, read> offsets: array<u32>;
@group(0) @binding(4) var<storage, read_write> direction: array<Vector>;
@group(0) @binding(5) var<storage, read_write> partials: array<f32>;
@group(0) @binding(6) var<uniform> params: Params;

var<workgroup> sums: array<f32, WG_SIZE>;

@compute @workgroup_size(WG_SIZE)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let start = offsets[group.y] / WIDTH;
  let first = group.x * PER_THREAD * WG_SIZE + thread;
  let end = select(min(first + PER_THREAD * WG_SIZE, params.size), 0u, control.skip != 0.0);
  var sum = Vector(0.0);
  for (var index = first; index < end; index += WG_SIZE) {
    let g = grad[start + index] * control.factor;
    let p_m = m[start + index] + (g - m[start + index]) * params.one_minus_momentum;
    let p_direction = g + (p_m - g) * params.momentum;
    m[start + index] = p_m;
    direction[group.y * params.size + index] = p_direction;
    sum += p_direction * p_direction;
  }
  sums[thread] = vector_sum(sum);
  for (var half = WG_SIZE / 2u; half > 0u; half /= 2u) {
    workgroupBarrier();
    if (thread < half) {
      sums[thread] += sums[thread + half];
    }
  }
  if (thread == 0u) {
    partials[group.y * params.parts + group.x] = sums[0];
  }
}
