// step-control: whether an update is made, and by which numbers; moves the loss scale S. What it decides: lib/step-control.wgsl.
// grid     one thread
// norm     [1] bits of f32, the norm of gradients times S
// numbers  f32 [13], from the host      state  f32 [4], in place      control  f32 [8]

const MIN_LOSS_SCALE: f32 = 1.0;
const MAX_LOSS_SCALE: f32 = 16777216.0;
const EXPONENT: u32 = 0x7f800000u;

struct StepNumbers {
  decay: f32,                          // 1 - learning rate · weight decay
  step_sizes: array<f32, 4>,           // learning rate / (1 - β₁^u), for 0 to 3 skips that the host has not heard of
  root_corrections: array<f32, 4>,     // 1 / sqrt(1 - β₂^u)
  max_grad_norm: f32,                  // 0: never clip
  growth_interval: f32,                // good steps until S doubles; 0: S never moves
  skipped: f32,                        // updates skipped, as far as the host knows
  learning_rate: f32,                  // for other kernels
}

struct StepState {
  loss_scale: f32,                     // S, a power of two
  good_steps: f32,                     // since S moved or an update was skipped
  skipped: f32,                        // updates skipped
  unused: f32,
}

@group(0) @binding(0) var<storage, read> norm: array<u32>;
@group(0) @binding(1) var<storage, read> numbers: StepNumbers;
@group(0) @binding(2) var<storage, read_write> state: StepState;
@group(0) @binding(3) var<storage, read_write> control: StepControl;

// min(1, max_grad_norm / (norm + 1e-6))
fn clip_coefficient(grad_norm: f32) -> f32 {
  let ratio = numbers.max_grad_norm / (grad_norm + 1e-6);
  return select(ratio, 1.0, ratio > 1.0 || numbers.max_grad_norm == 0.0);
}

fn count_good_step() {
  state.good_steps += 1.0;
  if (numbers.growth_interval > 0.0 && state.good_steps >= numbers.growth_interval) {
    state.loss_scale = min(2.0 * state.loss_scale, MAX_LOSS_SCALE);
    state.good_steps = 0.0;
  }
}

fn count_skip() {
  state.skipped += 1.0;
  state.good_steps = 0.0;
  if (numbers.growth_interval > 0.0) {
    state.loss_scale = max(0.5 * state.loss_scale, MIN_LOSS_SCALE);
  }
}

@compute @workgroup_size(1)
fn main() {
  // 1 / S, exact whatever a device's division is: the exponent of a power of two, negated.
  let inverse_scale = bitcast<f32>(0x7f000000u - bitcast<u32>(state.loss_scale));
  // By its bits: a compiler may assume that there is no NaN.
  let is_finite = (norm[0] & EXPONENT) != EXPONENT;
  let grad_norm = bitcast<f32>(norm[0]) * inverse_scale;
  let unheard = u32(clamp(state.skipped - numbers.skipped, 0.0, 3.0));
  control.decay = numbers.decay;
  control.step_size = numbers.step_sizes[unheard];
  control.root_correction = numbers.root_corrections[unheard];
  control.grad_norm = grad_norm;
  control.loss_scale = state.loss_scale;
  if (is_finite) {
    control.skip = 0.0;
    control.factor = clip_coefficient(grad_norm) * inverse_scale;
    count_good_step();
  } else {
    control.skip = 1.0;
    control.factor = 0.0;
    count_skip();
  }
  control.skipped = state.skipped;
}
