// prepare-heads-forward: q = rmsNorm(q of packed), k = rmsNorm(tokenShift(k of packed)), each head by itself, v = tokenShift(v of packed),
// the output gate as it is, log_fgate = logSigmoid(f of packed + bias). [FoX v2, Sec. 3: QK-norm, KV-shift, forget gate]
// grid                  WG_SIZE / LANES rows (token, head of the four parts) a workgroup, folded over x and y
// packed                [B * T, row_vectors] Y, see packed-row     visibility  [B, visibility_len] (first, end) i32
// q_weight, k_weight    [H or 1, columns], [Hkv or 1, columns] vec4f     bias  [H] f32
// heads                 Y: q [B * T, H, columns] at 0, k [B * T, Hkv, columns] at k_at, v likewise at v_at, output gate [B * T, H, columns] at gate_at
// log_fgate             [B * T, H] f32
// head_values           f32: logit bounds [B, H] = bound_scale * max|q_weight| * max|k_weight| at 0; norm weights [H + Hkv, D] of each head at weights_at, for backward
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
  k_at: u32,
  v_at: u32,
  gate_at: u32,
  weights_at: u32,
  bound_scale: f32,
  eps: f32,
}

@group(0) @binding(0) var<storage, read> packed: array<Y>;
@group(0) @binding(1) var<storage, read> q_weight: array<vec4f>;
@group(0) @binding(2) var<storage, read> k_weight: array<vec4f>;
@group(0) @binding(3) var<storage, read> bias: array<f32>;
@group(0) @binding(4) var<storage, read> visibility: array<vec2<i32>>;
@group(0) @binding(5) var<storage, read_write> heads: array<Y>;
@group(0) @binding(6) var<storage, read_write> log_fgate: array<f32>;
@group(0) @binding(7) var<storage, read_write> head_values: array<f32>;
@group(0) @binding(8) var<uniform> params: Params;

// Norm weight of a head of q or k.
fn weight_at(head: u32, column: u32) -> vec4f {
  if (head < params.num_heads) {
    return q_weight[params.has_head_weights * head * params.columns + column];
  }
  return k_weight[params.has_head_weights * (head - params.num_heads) * params.columns + column];
}

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
  head_values[i_batch * params.num_heads + head] = params.bound_scale * largest;
}

@compute @workgroup_size(WG_SIZE)
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) thread: u32,
) {
  let row = (group.y * groups.x + group.x) * (WG_SIZE / LANES) + thread / LANES;
  let lane = thread % LANES;
  let queries = params.num_heads;
  let normed = queries + params.num_kv_heads;
  let mixed = normed + params.num_kv_heads;
  let token = row / (2u * normed);
  let head = row % (2u * normed);
  let m_row = token < params.tokens;
  let o_row = head_at(token, head);
  var shift = NO_SHIFT;
  var squares = 0.0;
  if (m_row) {
    if (head >= queries && head < mixed) {
      shift = shift_of(token, head - queries);
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
    let m_query = head < queries;
    let o_query = (token * queries + head) * params.columns;
    let o_key = params.k_at + (token * params.num_kv_heads + head - queries) * params.columns;
    for (var column = lane; column < params.columns; column += LANES) {
      let weight = weight_at(head, column);
      heads[select(o_key, o_query, m_query) + column] = Y(mix(shift, o_row + column) * rstd * weight);
      if (token == 0u) {
        for (var at = 0u; at < 4u; at++) {
          head_values[params.weights_at + 4u * (head * params.columns + column) + at] = weight[at];
        }
      }
    }
    if (m_query && token % params.seq_len == 0u && lane == 0u) {
      write_bound(token / params.seq_len, head);
    }
  } else if (head < mixed) {
    let o_value = params.v_at + (token * params.num_kv_heads + head - normed) * params.columns;
    for (var column = lane; column < params.columns; column += LANES) {
      heads[o_value + column] = Y(mix(shift, o_row + column));
    }
  } else {
    let query_head = token * queries + head - mixed;
    for (var column = lane; column < params.columns; column += LANES) {
      heads[params.gate_at + query_head * params.columns + column] = packed[o_row + column];
    }
    if (lane == 0u) {
      // Forget gates follow the gates of both shifts.
      let logit = gate_logit(token, 2u * params.num_kv_heads + head - mixed);
      log_fgate[query_head] = log_sigmoid(logit + bias[head - mixed]);
    }
  }
}
