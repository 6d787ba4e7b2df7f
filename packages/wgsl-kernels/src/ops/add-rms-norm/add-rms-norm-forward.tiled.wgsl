// add-rms-norm-forward.tiled: sum = residual + delta, normed = sum * rstd * weight, rstd = 1 / sqrt(mean(sum^2) + eps); LANES threads share a row, for GPUs.
// grid           WG_SIZE / LANES rows a workgroup, folded over x and y
// residual, sum  [rows, columns] Vector     delta   [rows, columns] Delta
// normed         [rows, columns] Normed     weight  [columns] Vector     rstd  [rows] f32, for backward
// cost           6 values an element

// @spec
const WG_SIZE: u32 = 128u;
const LANES: u32 = 32u;     // power of two that divides WG_SIZE
const WIDTH: u32 = 1u;      // values in a Vector
alias Vector = f32;
alias Delta = f32;          // Vector as delta lies in memory: of f32 or of f16
alias Normed = f32;         // Vector as normed lies in memory
// @end-spec

struct Params {
  rows: u32,
  columns: u32,             // vectors in a row
  eps: f32,
}

@group(0) @binding(0) var<storage, read> residual: array<Vector>;
@group(0) @binding(1) var<storage, read> delta: array<Delta>;
@group(0) @binding(2) var<storage, read> weight: array<Vector>;
@group(0) @binding(3) var<storage, read_write> sum: array<Vector>;
@group(0) @binding(4) var<storage, read_write> normed: array<Normed>;
@group(0) @binding(5) var<storage, read_write> rstd: array<f32>;
@group(0) @binding(6) var<uniform> params: Params;

@compute @workgroup_size(WG_SIZE)
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) thread: u32,
) {
  let row = (group.y * groups.x + group.x) * (WG_SIZE / LANES) + thread / LANES;
  let m_row = row < params.rows;
  let lane = thread % LANES;
  let o_row = row * params.columns;
  var squares = Vector(0.0);
  if (m_row) {
    for (var i = lane; i < params.columns; i += LANES) {
      let value = residual[o_row + i] + Vector(delta[o_row + i]);
      sum[o_row + i] = value;
      squares += value * value;
    }
  }
  let mean = lane_sum(thread, vector_sum(squares)) / f32(params.columns * WIDTH);
  let p_rstd = inverseSqrt(mean + params.eps);
  if (m_row) {
    // Each thread reads back what it wrote itself.
    for (var i = lane; i < params.columns; i += LANES) {
      normed[o_row + i] = Normed(sum[o_row + i] * p_rstd * weight[i]);
    }
    if (lane == 0u) {
      rstd[row] = p_rstd;
    }
  }
}
