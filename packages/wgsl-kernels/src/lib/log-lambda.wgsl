// log-lambda: the cumulative log gate as a two-part number.
// x counts 1/16 nats, y is the bits of an f32 remainder in [-1/32, 1/32]; value = x / 16 + bitcast<f32>(y).

// a - b in nats. The integer part is subtracted exactly, so the error is that of one f32 rounding at any length.
fn log_lambda_difference(a: vec2<i32>, b: vec2<i32>) -> f32 {
  return f32(a.x - b.x) * 0.0625 + (bitcast<f32>(a.y) - bitcast<f32>(b.y));
}
