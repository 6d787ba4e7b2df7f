// prepare-gates-backward: the columns of dpacked behind q, k and v: the output gate's, those of the gates and zeros behind them; and partial sums of the gradient of the forget gate's bias.
// dlogit = dlog_fgate * sigmoid(-(logit + bias)); the gradients of the shift logits are in sums.
// grid                  one thread a stretch of tokens and vec4 behind the heads, then one a vec4 of the output gate; 64 a workgroup, folded over x and y
// packed, dpacked       [B * T, row_vectors] Y, see packed-row
// weights               f32: bias [H] at bias     dlog_fgate  [B * T, H] f32     doutput_gate  [B * T, H, columns] Y
// sums                  [parts, part_width] f32, a part a stretch: dbias [H] at bias_sums, written; dshift [STRETCH, 2 Hkv] at shift_sums, read
// cost                  2 values an element of the output gate, 3 a gate

// @spec
const WG_SIZE: u32 = 64u;
const STRETCH: u32 = 16u;   // tokens
alias Y = vec4<f32>;        // activations in memory: of f32 or of f16
alias Vector = f32;
// @end-spec

struct Params {
  tokens: u32,              // B * T
  parts: u32,               // B * stretches of a row of tokens
  seq_len: u32,
  num_heads: u32,
  num_kv_heads: u32,
  columns: u32,             // vec4s in a head
  row_vectors: u32,         // vec4s in a row of packed
  part_width: u32,
  bias: u32,
  bias_sums: u32,
  shift_sums: u32,
}

@group(0) @binding(0) var<storage, read> packed: array<Y>;
@group(0) @binding(1) var<storage, read> weights: array<f32>;
@group(0) @binding(2) var<storage, read> doutput_gate: array<Y>;
@group(0) @binding(3) var<storage, read> dlog_fgate: array<f32>;
@group(0) @binding(4) var<storage, read_write> dpacked: array<Y>;
@group(0) @binding(5) var<storage, read_write> sums: array<f32>;
@group(0) @binding(6) var<uniform> params: Params;

// First vec4 of a row that holds gates.
fn gates_at(token: u32) -> u32 {
  return token * params.row_vectors + 2u * (params.num_heads + params.num_kv_heads) * params.columns;
}

fn copy_output_gate(index: u32) {
  let gate_vectors = params.num_heads * params.columns;
  let token = index / gate_vectors;
  if (token >= params.tokens) {
    return;
  }
  let first = gates_at(token) - gate_vectors;
  dpacked[first + index % gate_vectors] = doutput_gate[index];
}

// Gradients of four gates of the tokens of a stretch.
fn walk_gates(part: u32, vector: u32) {
  let shifts = 2u * params.num_kv_heads;
  let o_part = part * params.part_width;
  let stretches = (params.seq_len + STRETCH - 1u) / STRETCH;
  let first = (part % stretches) * STRETCH;
  let end = min(first + STRETCH, params.seq_len);
  var dbias = vec4f(0.0);
  for (var i_token = first; i_token < end; i_token++) {
    let token = (part / stretches) * params.seq_len + i_token;
    let o_packed = gates_at(token) + vector;
    let logits = vec4f(packed[o_packed]);
    var dlogits = vec4f(0.0);
    for (var at = 0u; at < 4u; at++) {
      let gate = 4u * vector + at;
      let head = gate - min(gate, shifts);
      if (gate < shifts) {
        dlogits[at] = sums[o_part + params.shift_sums + (i_token - first) * shifts + gate];
      } else if (head < params.num_heads) {
        let slope = sigmoid(-(logits[at] + weights[params.bias + head]));
        dlogits[at] = dlog_fgate[token * params.num_heads + head] * slope;
        dbias[at] += dlogits[at];
      }
    }
    dpacked[o_packed] = Y(dlogits);
  }
  for (var at = 0u; at < 4u; at++) {
    let gate = 4u * vector + at;
    if (gate >= shifts && gate < shifts + params.num_heads) {
      sums[o_part + params.bias_sums + gate - shifts] = dbias[at];
    }
  }
}

@compute @workgroup_size(WG_SIZE)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
  let index = id.y * groups.x * WG_SIZE + id.x;
  let gate_vectors = params.row_vectors - gates_at(0u);
  let walks = params.parts * gate_vectors;
  if (index < walks) {
    walk_gates(index / gate_vectors, index % gate_vectors);
  } else {
    copy_output_gate(index - walks);
  }
}
