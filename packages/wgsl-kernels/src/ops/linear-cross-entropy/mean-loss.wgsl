// mean-loss: loss = sum / count; the sum where nothing was counted: that is 0
// grid    one thread      sum, count, loss  [1] f32

@group(0) @binding(0) var<storage, read> sum: array<f32>;
@group(0) @binding(1) var<storage, read> count: array<f32>;
@group(0) @binding(2) var<storage, read_write> loss: array<f32>;

@compute @workgroup_size(1)
fn main() {
  loss[0] = sum[0] / max(count[0], 1.0);
}
