// decay-sum: how many keys of a run are still remembered at a later token. Needs `log_lambda`, [B, H, N] two-part numbers.

const LOG2E: f32 = 1.4426950408889634;

// exp(D) of a later token against an earlier one. The counts are subtracted as integers, so D is off by one f32 rounding at any length.
fn remembered(row: vec2<i32>, key: vec2<i32>) -> f32 {
  let decay = f32(row.x - key.x) * 0.0625 + (bitcast<f32>(row.y) - bitcast<f32>(key.y));
  return exp2(decay * LOG2E);
}

// Sum of exp(lambda_edge - lambda_t) over the tokens first ... last of a head that starts at o_head. All terms are positive.
fn decay_sum(o_head: u32, first: u32, last: u32, edge: vec2<i32>) -> f32 {
  var sum = 0.0;
  for (var t = first; t <= last; t++) {
    sum += remembered(edge, log_lambda[o_head + t]);
  }
  return sum;
}
