// prepare-heads-forward: q = rmsNorm(q of packed), k = rmsNorm(tokenShift(k of packed)), each head by itself, v = tokenShift(v of packed),
// the output gate as it is, log_fgate = logSigmoid(f of packed + bias). [FoX v2, Sec. 3: QK-norm, KV-shift, forget gate]
// grid                  WG_SIZE / LANES rows (token, head of the four parts) a workgroup, folded over x and y
// packed                [B * T, row_vectors] Y, see packed-row     visibility  [B, visibility_len] (first, end) i32
// weights               f32: norm weights [H or 1, D] at q_weight and [Hkv or 1, D] at k_weight, bias [H] at bias
// queries               Y: q [B * T, H, columns] at 0, output gate [B * T, H, columns] at gate_at     k, v  [B * T, Hkv, columns] Y
// log_fgate             [B * T, H] f32     logit_bound  [B, H] f32 = bound_scale * max|weight of q| * max|weight of k|
// cost                  2 values an element, k and v 3

// @spec
const WG_SIZE: u32 = 128u;
const LANES: u32 = 4u;      // threads that share a head of a token: a power of two that divides WG_SIZE
alias Y = vec4<f32>;        // activations in memory: of f32 or of f16
alias Sums = f32;
// @end-spec

struct Params {
  tokens: u32,              // B * T
  seq_len: u32,
  num_heads: u32,
  num_kv_heads: u32,
  columns: u32,             // vec4s in a head
  row_vectors: u32,         // vec4s in a row of packed
  visibility_len: u32,      // 0: no visibility
  has_head_weights: u32,    // 1: each head has norm weights of its own
  q_weight: u32,
  k_weight: u32,
  bias: u32,
  gate_at: u32,
  bound_scale: f32,
  eps: f32,
}

@group(0) @binding(0) var<storage, read> packed: array<Y>;
@group(0) @binding(1) var<storage, read> weights: array<f32>;
@group(0) @binding(2) var<storage, read> visibility: array<vec2<i32>>;
@group(0) @binding(3) var<storage, read_write> queries: array<Y>;
@group(0) @binding(4) var<storage, read_write> k: array<Y>;
@group(0) @binding(5) var<storage, read_write> v: array<Y>;
@group(0) @binding(6) var<storage, read_write> log_fgate: array<f32>;
@group(0) @binding(7) var<storage, read_write> logit_bound: array<f32>;
@group(0) @binding(8) var<uniform> params: Params;

fn largest_weight(head: u32) -> f32 {
  var largest = 0.0;
  for (var column = 0u; column < params.columns; column++) {
    let size = abs(weight_at(head, column));
    largest = max(max(largest, max(size.x, size.y)), max(size.z, size.w));
  }
  return largest;
}

// By normed rows ||x|| <= sqrt(D) * max|weight|.
fn write_bound(i_batch: u32, head: u32) {
  let key_head = head / (params.num_heads / params.num_kv_heads);
  let largest = largest_weight(head) * largest_weight(params.num_heads + key_head);
  logit_bound[i_batch * params.num_heads + head] = params.bound_scale * largest;
}

@compute @workgroup_size(WG_SIZE)
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) thread: u32,
) {
  let row = (group.y * groups.x + group.x) * (WG_SIZE / LANES) + thread / LANES;
  let lane = thread % LANES;
  let num_heads = params.num_heads;
  let normed = num_heads + params.num_kv_heads;
  let mixed = normed + params.num_kv_heads;
  let token = row / (2u * normed);
  let head = row % (2u * normed);
  let m_row = token < params.tokens;
  let o_row = head_at(token, head);
  var shift = NO_SHIFT;
  var squares = 0.0;
  if (m_row) {
    if (head >= num_heads && head < mixed) {
      shift = shift_of(token, head - num_heads);
    }
    if (head < normed) {
      for (var column = lane; column < params.columns; column += LANES) {
        let value = mix(shift, o_row + column);
        squares += dot(value, value);
      }
    }
  }
  let mean = lane_sums(thread, squares) / f32(4u * params.columns);
  if (!m_row) {
    return;
  }
  if (head < normed) {
    let rstd = inverseSqrt(mean + params.eps);
    let o_query = (token * num_heads + head) * params.columns;
    let o_key = (token * params.num_kv_heads + head - num_heads) * params.columns;
    for (var column = lane; column < params.columns; column += LANES) {
      let value = Y(mix(shift, o_row + column) * rstd * weight_at(head, column));
      if (head < num_heads) {
        queries[o_query + column] = value;
      } else {
        k[o_key + column] = value;
      }
    }
    if (head < num_heads && token % params.seq_len == 0u && lane == 0u) {
      write_bound(token / params.seq_len, head);
    }
  } else if (head < mixed) {
    let o_value = (token * params.num_kv_heads + head - normed) * params.columns;
    for (var column = lane; column < params.columns; column += LANES) {
      v[o_value + column] = Y(mix(shift, o_row + column));
    }
  } else {
    let query_head = token * num_heads + head - mixed;
    for (var column = lane; column < params.columns; column += LANES) {
      queries[params.gate_at + query_head * params.columns + column] = packed[o_row + column];
    }
    if (lane == 0u) {
      // Forget gates follow the gates of both shifts.
      let logit = gate_logit(token, 2u * params.num_kv_heads + head - mixed);
      log_fgate[query_head] = log_sigmoid(logit + weights[params.bias + head - mixed]);
    }
  }
}
