// token-visibility: [first, end) of each token t: its query sees keys first ... t, its key is seen by queries t ... end - 1.
// grid        one thread a token, 64 a workgroup, folded over x and y
// seq_start   [B] i32, tokens before it are padding     cu_seqlens  [B, entries] i32, not decreasing; tokens outside are padding
// visibility       [B, N] (first, end) i32; a padded token has (t + 1, t): it sees nothing, and nobody sees it
// cost        8 bytes and log2(entries) reads a token

// @spec
const WG_SIZE: u32 = 64u;
// @end-spec

struct Params {
  batch: u32,
  length: u32,              // N
  entries: u32,             // offsets of a sequence, documents + 1; 0: the whole sequence is one document
  window: u32,              // keys a query may see, its own included; >= N: all
}

@group(0) @binding(0) var<storage, read> seq_start: array<i32>;
@group(0) @binding(1) var<storage, read> cu_seqlens: array<i32>;
@group(0) @binding(2) var<storage, read_write> visibility: array<vec2<i32>>;
@group(0) @binding(3) var<uniform> params: Params;

// How many offsets are <= t. Whatever they hold: the one before the answer is <= t, the one at it is > t.
fn offsets_up_to(t: i32, o_offsets: u32) -> u32 {
  var low = 0u;
  var high = params.entries;
  while (low < high) {
    let middle = (low + high) / 2u;
    if (cu_seqlens[o_offsets + middle] <= t) {
      low = middle + 1u;
    } else {
      high = middle;
    }
  }
  return low;
}

// [begin, end) of the document that holds t; (t + 1, t) where none does.
fn document_of(t: i32, i_batch: u32) -> vec2<i32> {
  let length = i32(params.length);
  if (params.entries == 0u) {
    return vec2<i32>(0, length);
  }
  let o_offsets = i_batch * params.entries;
  let after = offsets_up_to(t, o_offsets);
  if (after == 0u || after == params.entries) {
    return vec2<i32>(t + 1, t);
  }
  return vec2<i32>(max(cu_seqlens[o_offsets + after - 1u], 0), min(cu_seqlens[o_offsets + after], length));
}

@compute @workgroup_size(WG_SIZE)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
  let index = id.y * groups.x * WG_SIZE + id.x;
  let i_batch = index / params.length;
  if (i_batch >= params.batch) {
    return;
  }
  let t = i32(index % params.length);
  let start = seq_start[i_batch];
  if (t < start) {
    visibility[index] = vec2<i32>(t + 1, t);
    return;
  }
  let document = document_of(t, i_batch);
  let window = i32(params.window);
  visibility[index] = vec2<i32>(max(max(document.x, start), t - window + 1), min(document.y, t + window));
}
