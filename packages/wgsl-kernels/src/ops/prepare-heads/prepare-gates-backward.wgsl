// prepare-gates-backward: the gate columns of dpacked, zeros behind them, and partial sums of the gradient of the forget gate's bias.
// dlogit = dlog_fgate * sigmoid(-(logit + bias)); the gradients of the shift logits are in sums.
// grid                  one thread a stretch of tokens and column behind the heads, 64 a workgroup, folded over x and y
// packed, dpacked       [B * T, row_elements] Elem, see packed-row: its gates begin at gate_column
// bias, dlog_fgate      [H], [B * T, H] f32
// sums                  f32: dbias [parts, H] at bias_sums, written; dshift [B * T, 2 Hkv] at shift_sums, read
// cost                  3 values a gate

// @spec
const WG_SIZE: u32 = 64u;
const STRETCH: u32 = 16u;   // tokens
alias Vector = f32;
alias Elem = f32;           // activations in memory: f32 or f16
// @end-spec

struct Params {
  parts: u32,               // B * stretches of a row of tokens
  seq_len: u32,
  num_heads: u32,
  num_kv_heads: u32,
  row_elements: u32,
  gate_column: u32,
  bias_sums: u32,
  shift_sums: u32,
}

@group(0) @binding(0) var<storage, read> packed: array<Elem>;
@group(0) @binding(1) var<storage, read> bias: array<f32>;
@group(0) @binding(2) var<storage, read> dlog_fgate: array<f32>;
@group(0) @binding(3) var<storage, read_write> dpacked: array<Elem>;
@group(0) @binding(4) var<storage, read_write> sums: array<f32>;
@group(0) @binding(5) var<uniform> params: Params;

@compute @workgroup_size(WG_SIZE)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
  let index = id.y * groups.x * WG_SIZE + id.x;
  let columns = params.row_elements - params.gate_column;
  let part = index / columns;
  let gate = index % columns;
  if (part >= params.parts) {
    return;
  }
  let shifts = 2u * params.num_kv_heads;
  let head = gate - min(gate, shifts);
  let m_fgate = gate >= shifts && head < params.num_heads;
  let stretches = (params.seq_len + STRETCH - 1u) / STRETCH;
  let first = (part % stretches) * STRETCH;
  let end = min(first + STRETCH, params.seq_len);
  var dbias = 0.0;
  for (var i_token = first; i_token < end; i_token++) {
    let token = (part / stretches) * params.seq_len + i_token;
    let o_packed = token * params.row_elements + params.gate_column + gate;
    var dlogit = 0.0;
    if (gate < shifts) {
      dlogit = sums[params.shift_sums + token * shifts + gate];
    } else if (m_fgate) {
      let logit = f32(packed[o_packed]) + bias[head];
      dlogit = dlog_fgate[token * params.num_heads + head] * sigmoid(-logit);
      dbias += dlogit;
    }
    dpacked[o_packed] = Elem(dlogit);
  }
  if (m_fgate) {
    sums[params.bias_sums + part * params.num_heads + head] = dbias;
  }
}
