// log-one-plus: the part of a log sigmoid that must be accurate.

// log(1 + u) for u in [0, 1] as 2 atanh(s), s = u / (2 + u) <= 1/3, by its series: the terms left out are below 2e-9 of the sum.
// WGSL's log may be off by 2^-21, and log(1 + u) loses what 1 + u rounds away: a gate near 1 would be wrong by percents.
fn log_one_plus(u: f32) -> f32 {
  let s = u / (2.0 + u);
  let z = s * s;
  var series = 1.0 / 15.0;
  series = series * z + 1.0 / 13.0;
  series = series * z + 1.0 / 11.0;
  series = series * z + 1.0 / 9.0;
  series = series * z + 1.0 / 7.0;
  series = series * z + 1.0 / 5.0;
  series = series * z + 1.0 / 3.0;
  series = series * z + 1.0;
  return 2.0 * s * series;
}
