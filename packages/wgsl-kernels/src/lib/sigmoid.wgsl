// sigmoid: 1 / (1 + exp(-x)) without overflow on either side.
// Needs `alias Vector`: f32 or vec4<f32>.

fn sigmoid(x: Vector) -> Vector {
  let decay = exp(-abs(x));
  return select(decay, Vector(1.0), x >= Vector(0.0)) / (Vector(1.0) + decay);
}

// sigmoid(x) * (1 - sigmoid(x)), also where one of them is nearly 0.
fn sigmoid_slope(x: Vector) -> Vector {
  let decay = exp(-abs(x));
  let larger = Vector(1.0) / (Vector(1.0) + decay);
  return decay * larger * larger;
}
