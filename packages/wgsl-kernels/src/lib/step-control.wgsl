// What stepControl decides on the GPU for one update, f32 [8].

struct StepControl {
  skip: f32,                // 1: the update is left out, else 0
  factor: f32,              // multiplies the gradient
  decay: f32,               // multiplies parameters that are decayed
  step_size: f32,
  root_correction: f32,
  grad_norm: f32,
  loss_scale: f32,
  skipped: f32,
}
