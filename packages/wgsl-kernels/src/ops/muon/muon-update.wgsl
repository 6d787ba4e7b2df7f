// muon-update: param = decay · param - scale · learning rate · x, for matrices that lie in a slab; nothing at all where control.skip is set
// grid          [parts, batch]; a workgroup takes PER_THREAD · WG_SIZE neighbouring vectors of one matrix
// param         [slab] Vector, in place      half  [slab] Half, written: the new parameters, rounded; optional
// x             [batch, size] Stored         offsets  u32 [batch], where in the slab each matrix begins, in elements
// control       f32 [8]                      numbers  f32, the last of them the learning rate
// cost          12 bytes an element, less where x is f16, 2 more with half

// @spec
const WG_SIZE: u32 = 64u;
const PER_THREAD: u32 = 16u;  // vectors that a thread takes
const WIDTH: u32 = 1u;        // values in a Vector
const LEARNING_RATE: u32 = 12u; // where it is among the numbers
const HAS_HALF: bool = false; // whether half is given
alias Vector = f32;           // f32, or vec4<f32> where size and offsets are multiples of 4
alias Stored = f32;           // Vector as x lies in memory: of f32 or of f16
alias Half = f32;             // f16, or vec4<f16>; only used with half
// @end-spec

struct Params {
  size: u32,                // vectors of a matrix
  scale: f32,
}

@group(0) @binding(0) var<storage, read_write> param: array<Vector>;
@group(0) @binding(1) var<storage, read_write> half: array<Half>;
@group(0) @binding(2) var<storage, read> x: array<Stored>;
@group(0) @binding(3) var<storage, read> offsets: array<u32>;
@group(0) @binding(4) var<storage, read> control: StepControl;
@group(0) @binding(5) var<storage, read> numbers: array<f32>;
@group(0) @binding(6) var<uniform> params: Params;

@compute @workgroup_size(WG_SIZE)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let start = offsets[group.y] / WIDTH;
  let rate = params.scale * numbers[LEARNING_RATE];
  let first = group.x * PER_THREAD * WG_SIZE + thread;
  let end = select(min(first + PER_THREAD * WG_SIZE, params.size), 0u, control.skip != 0.0);
  for (var index = first; index < end; index += WG_SIZE) {
    let step = rate * Vector(x[group.y * params.size + index]);
    let p_param = param[start + index] * control.decay - step;
    param[start + index] = p_param;
    if (HAS_HALF) {
      half[start + index] = Half(p_param);
    }
  }
}
