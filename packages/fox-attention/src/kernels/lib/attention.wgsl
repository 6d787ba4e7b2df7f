// attention: constants and the decay bias that every attention kernel shares.

const LOG2E: f32 = 1.4426950408889634;
const LN2: f32 = 0.6931471805599453;
// Stands for minus infinity, which WGSL does not promise to handle.
const NEG_LARGE: f32 = -1e30;

// Two-part logLambda of four keys.
struct KeyDecay {
  count: vec4<i32>,
  rest: vec4f,
}

fn key_decay(a: vec2<i32>, b: vec2<i32>, c: vec2<i32>, d: vec2<i32>) -> KeyDecay {
  return KeyDecay(vec4<i32>(a.x, b.x, c.x, d.x), bitcast<vec4f>(vec4<i32>(a.y, b.y, c.y, d.y)));
}

// log_lambda_difference(row, key) for four keys: D_ij in nats, the large parts subtracted as integers.
fn decay_bias(row: vec2<i32>, keys: KeyDecay) -> vec4f {
  return vec4f(vec4<i32>(row.x) - keys.count) * 0.0625 + (vec4f(bitcast<f32>(row.y)) - keys.rest);
}
