// row-norm-max: the largest squared L2 norm among the rows of a chunk; first of two stages of the logit bound. [ACP v2, Sec. 3; arXiv 2504.06949]
// grid     one thread a (b, chunk, h), h fastest; 64 a workgroup, folded over x and y
// x        [B, T, H, D / 4] Vector
// partial  [B, H, chunks] max over the chunk of sum_d x^2
// cost     2 D flops a row; x is read once

// @spec
const WG_SIZE: u32 = 64u;
alias Vector = vec4<f32>; // vec4<f32> or vec4<f16>
// @end-spec

struct Params {
  batch: u32,
  seq_len: u32,
  num_heads: u32,
  head_vec4: u32,
  chunks: u32,
  rows_per_chunk: u32,
}

@group(0) @binding(0) var<storage, read> x: array<Vector>;
@group(0) @binding(1) var<storage, read_write> partial: array<f32>;
@group(0) @binding(2) var<uniform> params: Params;

@compute @workgroup_size(WG_SIZE)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
  let index = id.y * groups.x * WG_SIZE + id.x;
  let i_head = index % params.num_heads;
  let i_chunk = (index / params.num_heads) % params.chunks;
  let i_batch = index / (params.num_heads * params.chunks);
  if (i_batch >= params.batch) {
    return;
  }
  let first = i_chunk * params.rows_per_chunk;
  let last = min(first + params.rows_per_chunk, params.seq_len);
  var largest = 0.0;
  for (var row = first; row < last; row++) {
    let o_row = ((i_batch * params.seq_len + row) * params.num_heads + i_head) * params.head_vec4;
    var sum = 0.0;
    for (var d = 0u; d < params.head_vec4; d++) {
      let value = vec4f(x[o_row + d]);
      sum += dot(value, value);
    }
    largest = max(largest, sum);
  }
  partial[(i_batch * params.num_heads + i_head) * params.chunks + i_chunk] = largest;
}
