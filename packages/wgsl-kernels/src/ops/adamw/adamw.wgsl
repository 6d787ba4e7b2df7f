// adamw: one step of AdamW with decoupled weight decay, as torch.optim.AdamW, g = clip · grad:
// m += (1 - β₁)(g - m)      v = β₂ v + (1 - β₂) g²
// param = decay · param - step_size · m / (sqrt(v) · root_correction + eps)
// grid         one thread a Vector, 64 a workgroup, folded over x and y
// param, m, v  [size] Vector, in place      grad  [size] Vector      clip  [1] f32, read only if HAS_CLIP
// cost         28 bytes an element

// @spec
const WG_SIZE: u32 = 64u;
const HAS_CLIP: bool = true;
alias Vector = f32;           // f32, or vec4<f32> where the length is a multiple of 4
// @end-spec

struct Params {
  size: u32,                // vectors
  decay: f32,               // 1 - learning rate · weight decay
  step_size: f32,           // learning rate / (1 - β₁^step)
  root_correction: f32,     // 1 / sqrt(1 - β₂^step)
  eps: f32,
  one_minus_beta1: f32,
  beta2: f32,
  one_minus_beta2: f32,
}

@group(0) @binding(0) var<storage, read_write> param: array<Vector>;
@group(0) @binding(1) var<storage, read_write> m: array<Vector>;
@group(0) @binding(2) var<storage, read_write> v: array<Vector>;
@group(0) @binding(3) var<storage, read> grad: array<Vector>;
@group(0) @binding(4) var<storage, read> clip: array<f32>;
@group(0) @binding(5) var<uniform> params: Params;

@compute @workgroup_size(WG_SIZE)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
  let index = id.y * groups.x * WG_SIZE + id.x;
  if (index >= params.size) {
    return;
  }
  var g = grad[index];
  if (HAS_CLIP) {
    g *= clip[0];
  }
  let p_m = m[index] + (g - m[index]) * params.one_minus_beta1;
  let p_v = v[index] * params.beta2 + g * g * params.one_minus_beta2;
  m[index] = p_m;
  v[index] = p_v;
  let step = params.step_size * p_m / (sqrt(p_v) * params.root_correction + params.eps);
  param[index] = param[index] * params.decay - step;
}
