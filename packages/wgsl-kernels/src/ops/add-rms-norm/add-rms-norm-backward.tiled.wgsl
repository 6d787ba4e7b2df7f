// add-rms-norm-backward.tiled: dx = dsum + rstd * (g - sum * rstd^2 * mean(g * sum)), g = dnormed * weight; LANES threads share a row, for GPUs.
// grid             WG_SIZE / LANES rows a workgroup, folded over x and y
// sum, dsum, dx    [rows, columns] Vector     dnormed  [rows, columns] Normed     ddelta  [rows, columns] Delta, dx again
// weight           [columns] Vector           rstd     [rows] f32
// cost             6 values an element

// @spec
const WG_SIZE: u32 = 128u;
const LANES: u32 = 32u;     // power of two that divides WG_SIZE
const WIDTH: u32 = 1u;      // values in a Vector
alias Vector = f32;
alias Delta = f32;          // Vector as ddelta lies in memory: of f32 or of f16
alias Normed = f32;         // Vector as dnormed lies in memory
const HAS_DSUM: bool = true;
const HAS_DDELTA: bool = true; // false: the gradient of delta is dx itself
// @end-spec

struct Params {
  rows: u32,
  columns: u32,             // vectors in a row
}

@group(0) @binding(0) var<storage, read> sum: array<Vector>;
@group(0) @binding(1) var<storage, read> weight: array<Vector>;
@group(0) @binding(2) var<storage, read> rstd: array<f32>;
@group(0) @binding(3) var<storage, read> dnormed: array<Normed>;
@group(0) @binding(4) var<storage, read> dsum: array<Vector>;
@group(0) @binding(5) var<storage, read_write> dx: array<Vector>;
@group(0) @binding(6) var<storage, read_write> ddelta: array<Delta>;
@group(0) @binding(7) var<uniform> params: Params;

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
  var products = Vector(0.0);
  if (m_row) {
    for (var i = lane; i < params.columns; i += LANES) {
      products += Vector(dnormed[o_row + i]) * weight[i] * sum[o_row + i];
    }
  }
  let mean = lane_sum(thread, vector_sum(products)) / f32(params.columns * WIDTH);
  if (m_row) {
    let p_rstd = rstd[row];
    let pull = p_rstd * p_rstd * mean;
    for (var i = lane; i < params.columns; i += LANES) {
      let direct = Vector(dnormed[o_row + i]) * weight[i];
      var value = p_rstd * (direct - sum[o_row + i] * pull);
      if (HAS_DSUM) {
        value += dsum[o_row + i];
      }
      dx[o_row + i] = value;
      if (HAS_DDELTA) {
        ddelta[o_row + i] = Delta(value);
      }
    }
  }
}
