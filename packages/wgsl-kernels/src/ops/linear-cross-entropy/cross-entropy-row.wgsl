// cross-entropy-row: what both kernels of this folder share: bindings, the weight of a row, the tail of the vocabulary.
// logits  [rows, vectors] Logits, in place: turned into the gradient if NEEDS_GRAD
// labels, loss_per_token  [N], from first_row on      count  [1] f32, labels that are not ignored

struct Params {
  rows: u32,
  vocab: u32,
  vectors: u32,       // vec4s of a row of logits
  first_row: u32,
  ignore_index: i32,
  nan_bits: u32,      // WGSL has no literal for NaN
}

@group(0) @binding(0) var<storage, read_write> logits: array<Logits>;
@group(0) @binding(1) var<storage, read> labels: array<i32>;
@group(0) @binding(2) var<storage, read> count: array<f32>;
@group(0) @binding(3) var<storage, read_write> loss_per_token: array<f32>;
@group(0) @binding(4) var<uniform> params: Params;

const NEG_LARGE: f32 = -1e30;
const LOG2E: f32 = 1.4426950408889634;

// Whether lanes 4v … 4v + 3 are words; the others are padding.
fn in_vocab(v: u32) -> vec4<bool> {
  return vec4u(4u * v, 4u * v + 1u, 4u * v + 2u, 4u * v + 3u) < vec4u(params.vocab);
}

fn is_word(label: i32) -> bool {
  return label >= 0 && u32(label) < params.vocab;
}

// 1 / count, or 1 for a sum, for a counted row; NaN for a label outside the vocabulary, so that loss and gradient show it.
fn row_weight(label: i32) -> f32 {
  if (!is_word(label)) { return bitcast<f32>(params.nan_bits); }
  if (!IS_MEAN) { return 1.0; }
  return 1.0 / count[0];
}

// d loss / d logits of four words: (softmax - one-hot) * weight
fn gradient(v: u32, p_logits: vec4f, p_max: f32, p_sum: f32, label: i32, weight: f32) -> vec4f {
  let softmax = exp2((p_logits - p_max) * LOG2E) / p_sum;
  let i_label = select(-1, label, is_word(label));
  let is_label = vec4i(i32(4u * v)) + vec4i(0, 1, 2, 3) == vec4i(i_label);
  return select(vec4f(), (softmax - select(vec4f(), vec4f(1.0), is_label)) * weight, in_vocab(v));
}

fn row_loss(o_row: u32, p_max: f32, p_sum: f32, label: i32) -> f32 {
  if (!is_word(label)) { return bitcast<f32>(params.nan_bits); }
  return p_max - f32(logits[o_row + u32(label) / 4u][u32(label) % 4u]) + log(p_sum);
}
