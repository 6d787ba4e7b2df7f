// vector-sum: the sum of the lanes of a Vector.
// Needs `alias Vector`: f32 or vec4<f32>, and `const WIDTH`: 1 or 4. What is stored as f16 is made a Vector first.

fn vector_sum(x: Vector) -> f32 {
  let lanes = vec4<f32>(x);
  if (WIDTH == 4u) {
    return (lanes.x + lanes.y) + (lanes.z + lanes.w);
  }
  return lanes.x;
}
