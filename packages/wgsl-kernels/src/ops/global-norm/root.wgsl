// root: norm = sqrt(sum)
// grid    one thread      sum, norm  [1] f32

@group(0) @binding(0) var<storage, read> sum: array<f32>;
@group(0) @binding(1) var<storage, read_write> norm: array<f32>;

@compute @workgroup_size(1)
fn main() {
  norm[0] = sqrt(sum[0]);
}
