// adamw: one step of AdamW with decoupled weight decay, as torch.optim.AdamW, g = factor · grad:
// m += (1 - β₁)(g - m)      v = β₂ v + (1 - β₂) g²
// param = decay · param - step_size · m / (sqrt(v) · root_correction + eps)      nothing at all where control.skip is set
// grid          one thread a Vector, 64 a workgroup, folded over x and y
// param, m, v   [size] Vector, in place      grad  [size] Vector      control  f32 [8]
// half          [size] Half, written: the new parameters, rounded; optional
// decay_blocks  u32, one a block of BLOCK vectors: 1 where its parameters are decayed, 0 where decay is 1, 2 where nothing is done
// cost          28 bytes an element, 30 with half

// @spec
const WG_SIZE: u32 = 64u;
const BLOCK: u32 = 4096u;     // vectors in a block
const HAS_HALF: bool = false; // whether half is given
alias Vector = f32;           // f32, or vec4<f32> where the length is a multiple of 4
alias Half = f32;             // f16, or vec4<f16>; only used with half
// @end-spec

struct Params {
  size: u32,                // vectors
  eps: f32,
  one_minus_beta1: f32,
  beta2: f32,
  one_minus_beta2: f32,
}

@group(0) @binding(0) var<storage, read_write> param: array<Vector>;
@group(0) @binding(1) var<storage, read_write> m: array<Vector>;
@group(0) @binding(2) var<storage, read_write> v: array<Vector>;
@group(0) @binding(3) var<storage, read_write> half: array<Half>;
@group(0) @binding(4) var<storage, read> grad: array<Vector>;
@group(0) @binding(5) var<storage, read> control: StepControl;
@group(0) @binding(6) var<storage, read> decay_blocks: array<u32>;
@group(0) @binding(7) var<uniform> params: Params;

const LEFT: u32 = 2u;

@compute @workgroup_size(WG_SIZE)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
  let index = id.y * groups.x * WG_SIZE + id.x;
  let block = decay_blocks[index / BLOCK];
  if (index >= params.size || control.skip != 0.0 || block == LEFT) {
    return;
  }
  let g = grad[index] * control.factor;
  let p_m = m[index] + (g - m[index]) * params.one_minus_beta1;
  let p_v = v[index] * params.beta2 + g * g * params.one_minus_beta2;
  m[index] = p_m;
  v[index] = p_v;
  let decay = select(1.0, control.decay, block != 0u);
  let step = control.step_size * p_m / (sqrt(p_v) * control.root_correction + params.eps);
  let p_param = param[index] * decay - step;
  param[index] = p_param;
  if (HAS_HALF) {
    half[index] = Half(p_param);
  }
}
