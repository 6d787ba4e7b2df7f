// cross-entropy-rows-workgroup: loss of each row of logits and, in place, its gradient; one row a workgroup, for GPUs.
// loss = ln Σ exp(logits) - logits[label]; 0, and a gradient of 0, where the label is ignored
// grid    one workgroup a row, folded over x and y
// cost    reads the logits two times, or three times and writes them once

// @spec
const WG_SIZE: u32 = 256u;      // a power of two
const NEEDS_GRAD: bool = true;
const IS_MEAN: bool = true;     // the gradient is that of the mean over counted labels, else of their sum
alias Logits = vec4f;           // four logits in memory: of f32 or of f16
// @end-spec

var<workgroup> t_values: array<f32, WG_SIZE>;

// Both reductions leave the result in every thread, and end behind a barrier.
fn workgroup_max(lane: u32, value: f32) -> f32 {
  t_values[lane] = value;
  workgroupBarrier();
  for (var step = WG_SIZE / 2u; step > 0u; step /= 2u) {
    if (lane < step) { t_values[lane] = max(t_values[lane], t_values[lane + step]); }
    workgroupBarrier();
  }
  let result = t_values[0];
  workgroupBarrier();
  return result;
}

fn workgroup_sum(lane: u32, value: f32) -> f32 {
  t_values[lane] = value;
  workgroupBarrier();
  for (var step = WG_SIZE / 2u; step > 0u; step /= 2u) {
    if (lane < step) { t_values[lane] += t_values[lane + step]; }
    workgroupBarrier();
  }
  let result = t_values[0];
  workgroupBarrier();
  return result;
}

@compute @workgroup_size(WG_SIZE)
fn main(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let row = workgroup.y * groups.x + workgroup.x;
  if (row >= params.rows) { return; }
  let label = labels[params.first_row + row];
  let m_counted = label != params.ignore_index;
  let o_row = row * params.vectors;
  var p_max4 = vec4f(NEG_LARGE);
  for (var v = lane; v < params.vectors; v += WG_SIZE) {
    p_max4 = max(p_max4, select(vec4f(NEG_LARGE), vec4f(logits[o_row + v]), in_vocab(v)));
  }
  let p_max = workgroup_max(lane, max(max(p_max4.x, p_max4.y), max(p_max4.z, p_max4.w)));
  var p_sum4 = vec4f();
  for (var v = lane; v < params.vectors; v += WG_SIZE) {
    p_sum4 += select(vec4f(), exp2((vec4f(logits[o_row + v]) - p_max) * LOG2E), in_vocab(v));
  }
  let p_sum = workgroup_sum(lane, (p_sum4.x + p_sum4.y) + (p_sum4.z + p_sum4.w));
  if (lane == 0u) {
    var loss = 0.0;
    if (m_counted) { loss = row_loss(o_row, p_max, p_sum, label); }
    loss_per_token[params.first_row + row] = loss;
  }
  // The loss reads a logit that another thread turns into a gradient.
  storageBarrier();
  if (NEEDS_GRAD) {
    let weight = row_weight(label);
    for (var v = lane; v < params.vectors; v += WG_SIZE) {
      var p_gradient = vec4f();
      if (m_counted) {
        p_gradient = gradient(v, vec4f(logits[o_row + v]), p_max, p_sum, label, weight);
      }
      logits[o_row + v] = Logits(p_gradient);
    }
  }
}
