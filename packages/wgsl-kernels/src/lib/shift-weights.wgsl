// shift-weights: the two weights of a token shift from one exponential, both with full relative precision.

// (alpha, 1 - alpha), alpha = sigmoid(logit)
fn shift_weights(logit: f32) -> vec2<f32> {
  let decay = exp(-abs(logit));
  let larger = 1.0 / (1.0 + decay);
  let smaller = decay * larger;
  return select(vec2<f32>(smaller, larger), vec2<f32>(larger, smaller), logit >= 0.0);
}
