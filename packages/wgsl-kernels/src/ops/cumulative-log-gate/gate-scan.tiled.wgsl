// gate-scan.tiled: log_lambda[t] = sum of the log gates up to and with t, as two-part numbers; for GPUs. [FoX v2, log f cumulative]
// A workgroup adds up all gates before its chunk by itself: integer sums are exact, so every chunk finds the same, and one launch does.
// grid        one workgroup a (b, h, chunk of WG_SIZE * OWN tokens), chunks fastest, folded over x and y
// log_fgate   [B, T, H] f32, nats     visibility  [B, visibility_len] (first, end) i32, gates that begin anew count as 0
// initial     [B, H] vec2<i32>, log_lambda before the first token
// log_lambda  [B, H, T] vec2<i32>, see log-lambda.wgsl
// cost        12 bytes a gate, and 4 for each of the gates before a chunk

// @spec
const WG_SIZE: u32 = 256u;
const OWN: u32 = 4u;        // neighbouring tokens of a thread
// @end-spec

struct Params {
  batch: u32,
  seq_len: u32,
  num_heads: u32,
  visibility_len: u32,      // 0: no visibility
  offset: u32,              // where the first token stands in the visibility
  has_initial: u32,
  chunks: u32,
}

@group(0) @binding(0) var<storage, read> log_fgate: array<f32>;
@group(0) @binding(1) var<storage, read> visibility: array<vec2<i32>>;
@group(0) @binding(2) var<storage, read> initial: array<vec2<i32>>;
@group(0) @binding(3) var<storage, read_write> log_lambda: array<vec2<i32>>;
@group(0) @binding(4) var<uniform> params: Params;

var<workgroup> t_sums: array<u32, 3 * WG_SIZE>; // units, fraction, invalid of the threads up to each

fn get_sum(thread: u32) -> GateSum {
  let at = 3u * thread;
  return GateSum(bitcast<i32>(t_sums[at]), t_sums[at + 1u], t_sums[at + 2u]);
}

fn set_sum(thread: u32, sum: GateSum) {
  let at = 3u * thread;
  t_sums[at] = bitcast<u32>(sum.units);
  t_sums[at + 1u] = sum.fraction;
  t_sums[at + 2u] = sum.invalid;
}

// Leaves in t_sums the sums over the threads up to and with each. Every thread of the workgroup must call it.
fn scan_threads(thread: u32, own: GateSum) {
  workgroupBarrier();
  set_sum(thread, own);
  var sum = own;
  for (var stride = 1u; stride < WG_SIZE; stride *= 2u) {
    workgroupBarrier();
    if (thread >= stride) {
      sum = add_gates(get_sum(thread - stride), sum);
    }
    workgroupBarrier();
    set_sum(thread, sum);
  }
  workgroupBarrier();
}

@compute @workgroup_size(WG_SIZE)
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) thread: u32,
) {
  let index = group.y * groups.x + group.x;
  let head = index / params.chunks;
  let i_batch = head / params.num_heads;
  let i_head = head % params.num_heads;
  let m_head = i_batch < params.batch;
  let o_chunk = (index % params.chunks) * WG_SIZE * OWN;
  let o_own = o_chunk + thread * OWN;
  var earlier = GateSum(0, 0u, 0u);
  var own = GateSum(0, 0u, 0u);
  if (m_head) {
    for (var t = thread; t < o_chunk; t += WG_SIZE) {
      earlier = add_gates(earlier, gate_at(i_batch, i_head, t));
    }
    for (var t = o_own; t < min(o_own + OWN, params.seq_len); t++) {
      own = add_gates(own, gate_at(i_batch, i_head, t));
    }
  }
  scan_threads(thread, earlier);
  var sum = get_sum(WG_SIZE - 1u);
  scan_threads(thread, own);
  if (!m_head) {
    return;
  }
  sum = add_gates(sum, sum_at_start(i_batch, i_head));
  if (thread > 0u) {
    sum = add_gates(sum, get_sum(thread - 1u));
  }
  for (var t = o_own; t < min(o_own + OWN, params.seq_len); t++) {
    sum = add_gates(sum, gate_at(i_batch, i_head, t));
    log_lambda[head * params.seq_len + t] = log_lambda_from_sum(sum);
  }
}
