// gate-act: the activation of an output gate and its derivative: sigmoid, or silu(g) = g * sigmoid(g).
// sigmoid' = s * (1 - s), silu' = s * (1 + g * (1 - s)), s = sigmoid(g)
// Needs sigmoid.wgsl, `alias Vector` and `const IS_SILU`.

fn gate_act(g: Vector) -> Vector {
  let s = sigmoid(g);
  if (IS_SILU) {
    return g * s;
  }
  return s;
}

fn gate_slope(g: Vector) -> Vector {
  if (IS_SILU) {
    let s = sigmoid(g);
    return s * (Vector(1.0) + g * (Vector(1.0) - s));
  }
  return sigmoid_slope(g);
}
