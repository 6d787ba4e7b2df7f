// reverse-scan.tiled: y[t] = sum of x[u] over u >= t; for GPUs. [FoX v2, backward pass of the gate]
// A workgroup adds up all that comes behind its chunk by itself, so that one launch does. Sums of threads and of chunks are added last: errors grow with the number of threads, not with T.
// grid        one workgroup a (b, h, chunk of WG_SIZE * OWN tokens), chunks fastest, folded over x and y
// x           [B, H, T] f32     y  [B, T, H] f32, 0 for gates that act on nothing if ONLY_ACTIVE
// visibility  [B, T] (first, end) i32, read only if HAS_VISIBILITY
// cost        8 bytes an element, and 4 for each of the elements behind a chunk

// @spec
const WG_SIZE: u32 = 256u;
const OWN: u32 = 4u;        // neighbouring tokens of a thread
const ONLY_ACTIVE: bool = false;
const HAS_VISIBILITY: bool = false;
// @end-spec

struct Params {
  batch: u32,
  seq_len: u32,
  num_heads: u32,
  first_query: u32,         // position of the first query, read only if ONLY_ACTIVE
  chunks: u32,
}

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read> visibility: array<vec2<i32>>;
@group(0) @binding(2) var<storage, read_write> y: array<f32>;
@group(0) @binding(3) var<uniform> params: Params;

var<workgroup> t_sums: array<f32, WG_SIZE>; // of the threads from each on

// Leaves in t_sums the sums over each thread and those behind it. Every thread of the workgroup must call it.
fn scan_threads(thread: u32, own: f32) {
  workgroupBarrier();
  t_sums[thread] = own;
  var sum = own;
  for (var stride = 1u; stride < WG_SIZE; stride *= 2u) {
    workgroupBarrier();
    if (thread + stride < WG_SIZE) {
      sum += t_sums[thread + stride];
    }
    workgroupBarrier();
    t_sums[thread] = sum;
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
  let m_head = i_batch < params.batch;
  let o_chunk = (index % params.chunks) * WG_SIZE * OWN;
  let o_own = o_chunk + thread * OWN;
  let o_head = head * params.seq_len;
  var later = 0.0;
  var own = 0.0;
  if (m_head) {
    for (var t = o_chunk + WG_SIZE * OWN + thread; t < params.seq_len; t += WG_SIZE) {
      later += x[o_head + t];
    }
    for (var end = min(o_own + OWN, params.seq_len); end > o_own; end--) {
      own += x[o_head + end - 1u];
    }
  }
  scan_threads(thread, later);
  var after = t_sums[0];
  scan_threads(thread, own);
  if (!m_head) {
    return;
  }
  if (thread + 1u < WG_SIZE) {
    after += t_sums[thread + 1u];
  }
  var within = 0.0;
  for (var end = min(o_own + OWN, params.seq_len); end > o_own; end--) {
    let t = end - 1u;
    within += x[o_head + t];
    y[(i_batch * params.seq_len + t) * params.num_heads + head % params.num_heads] =
      select(0.0, after + within, gate_acts(i_batch, t));
  }
}
