// elem-sum: the sum of the lanes of an Elem.
// Needs `alias Elem`: f32 or vec4<f32>, and `const WIDTH`: 1 or 4.

fn elem_sum(x: Elem) -> f32 {
  let lanes = vec4<f32>(x);
  if (WIDTH == 4u) {
    return (lanes.x + lanes.y) + (lanes.z + lanes.w);
  }
  return lanes.x;
}
