// sigmoid: 1 / (1 + exp(-x)) without overflow on either side.
// Needs `alias Elem`: f32 or vec4<f32>.

fn sigmoid(x: Elem) -> Elem {
  let decay = exp(-abs(x));
  return select(decay, Elem(1.0), x >= Elem(0.0)) / (Elem(1.0) + decay);
}

// sigmoid(x) * (1 - sigmoid(x)), also where one of them is nearly 0.
fn sigmoid_slope(x: Elem) -> Elem {
  let decay = exp(-abs(x));
  let larger = Elem(1.0) / (Elem(1.0) + decay);
  return decay * larger * larger;
}
