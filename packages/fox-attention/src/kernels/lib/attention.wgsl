// attention: constants that every attention kernel shares; the decay bias is in log-lambda.wgsl of wgsl-kernels.

const LOG2E: f32 = 1.4426950408889634;
const LN2: f32 = 0.6931471805599453;
// Stands for minus infinity, which WGSL does not promise to handle.
const NEG_LARGE: f32 = -1e30;

fn smallest(x: vec4u) -> u32 { return min(min(x.x, x.y), min(x.z, x.w)); }
fn largest(x: vec4f) -> f32 { return max(max(x.x, x.y), max(x.z, x.w)); }
