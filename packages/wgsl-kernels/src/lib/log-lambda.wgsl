// log-lambda: the cumulative log gate as a two-part number, and differences of such numbers.
// x counts 1/16 nats, y is the bits of an f32 remainder in [-1/32, 1/32]; value = x / 16 + bitcast<f32>(y).

// Two-part numbers of four keys.
struct KeyDecay {
  count: vec4<i32>,
  rest: vec4f,
}

fn key_decay(a: vec2<i32>, b: vec2<i32>, c: vec2<i32>, d: vec2<i32>) -> KeyDecay {
  return KeyDecay(vec4<i32>(a.x, b.x, c.x, d.x), bitcast<vec4f>(vec4<i32>(a.y, b.y, c.y, d.y)));
}

// row - key in nats for four keys. The counts are subtracted as integers, so the error is that of one f32 rounding at any length.
fn decay_bias(row: vec2<i32>, keys: KeyDecay) -> vec4f {
  return vec4f(vec4<i32>(row.x) - keys.count) * 0.0625 + (vec4f(bitcast<f32>(row.y)) - keys.rest);
}
