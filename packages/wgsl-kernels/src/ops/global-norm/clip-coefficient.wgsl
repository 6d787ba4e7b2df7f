// clip-coefficient: coefficient = min(1, max_norm / (norm + 1e-6)); NaN where the norm is
// grid    one thread      norm, coefficient  [1] f32

struct Params {
  max_norm: f32,
}

@group(0) @binding(0) var<storage, read> norm: array<f32>;
@group(0) @binding(1) var<storage, read_write> coefficient: array<f32>;
@group(0) @binding(2) var<uniform> params: Params;

@compute @workgroup_size(1)
fn main() {
  let ratio = params.max_norm / (norm[0] + 1e-6);
  coefficient[0] = select(ratio, 1.0, ratio > 1.0);
}
