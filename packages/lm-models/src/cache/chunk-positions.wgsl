// chunk positions: the position of each token of a chunk, for rotary embeddings.
// grid         one thread a token, 64 a workgroup, folded over x and y
// state        [1 + B] i32: position of token 0, then the first token of each b that counts
// positions    [B, M] i32
// cost         4 bytes a token

// @spec
const WG_SIZE: u32 = 64u;
// @end-spec

struct Params {
  tokens: u32,              // B * M
  chunk_len: u32,
}

@group(0) @binding(0) var<storage, read> state: array<i32>;
@group(0) @binding(1) var<storage, read_write> positions: array<i32>;
@group(0) @binding(2) var<uniform> params: Params;

@compute @workgroup_size(WG_SIZE)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let index = id.y * groups.x * WG_SIZE + id.x;
  if (index >= params.tokens) { return; }
  positions[index] = state[0] + i32(index % params.chunk_len);
}
