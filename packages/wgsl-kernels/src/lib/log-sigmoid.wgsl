// log-sigmoid: log(sigmoid(x)), accurate also where it is tiny. Needs log-one-plus.wgsl.

fn log_sigmoid(x: f32) -> f32 {
  // By its bits: compilers may assume that nothing is NaN, and some adapters drop it in min.
  if ((bitcast<u32>(x) & 0x7fffffffu) > 0x7f800000u) {
    return x;
  }
  return min(x, 0.0) - log_one_plus(exp(-abs(x)));
}
