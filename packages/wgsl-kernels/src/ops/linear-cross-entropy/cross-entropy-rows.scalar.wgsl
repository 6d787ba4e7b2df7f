// cross-entropy-rows-register: loss of each row of logits and, in place, its gradient; one row a thread, no barrier.
// loss = ln Σ exp(logits) - logits[label]; 0, and a gradient of 0, where the label is ignored
// grid    one thread a row, WG_SIZE a workgroup, folded over x and y
// cost    reads the logits two times, or three times and writes them once

// @spec
const WG_SIZE: u32 = 16u;
const NEEDS_GRAD: bool = true;
const IS_MEAN: bool = true;     // the gradient is that of the mean over counted labels, else of their sum
alias Logits = vec4f;           // four logits in memory: of f32 or of f16
// @end-spec

@compute @workgroup_size(WG_SIZE)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let row = id.y * groups.x * WG_SIZE + id.x;
  if (row >= params.rows) { return; }
  let label = labels[params.first_row + row];
  let o_row = row * params.vectors;
  if (label == params.ignore_index) {
    loss_per_token[params.first_row + row] = 0.0;
    if (NEEDS_GRAD) {
      for (var v = 0u; v < params.vectors; v++) { logits[o_row + v] = Logits(); }
    }
    return;
  }
  let whole = params.vocab / 4u;
  var p_max4 = vec4f(NEG_LARGE);
  for (var v = 0u; v < whole; v++) { p_max4 = max(p_max4, vec4f(logits[o_row + v])); }
  for (var v = whole; v < params.vectors; v++) {
    p_max4 = max(p_max4, select(vec4f(NEG_LARGE), vec4f(logits[o_row + v]), in_vocab(v)));
  }
  let p_max = max(max(p_max4.x, p_max4.y), max(p_max4.z, p_max4.w));
  var p_sum4 = vec4f();
  for (var v = 0u; v < whole; v++) { p_sum4 += exp2((vec4f(logits[o_row + v]) - p_max) * LOG2E); }
  for (var v = whole; v < params.vectors; v++) {
    p_sum4 += select(vec4f(), exp2((vec4f(logits[o_row + v]) - p_max) * LOG2E), in_vocab(v));
  }
  let p_sum = (p_sum4.x + p_sum4.y) + (p_sum4.z + p_sum4.w);
  loss_per_token[params.first_row + row] = row_loss(o_row, p_max, p_sum, label);
  if (NEEDS_GRAD) {
    let weight = row_weight(label);
    for (var v = 0u; v < params.vectors; v++) {
      let p_logits = vec4f(logits[o_row + v]);
      logits[o_row + v] = Logits(gradient(v, p_logits, p_max, p_sum, label, weight));
    }
  }
}
