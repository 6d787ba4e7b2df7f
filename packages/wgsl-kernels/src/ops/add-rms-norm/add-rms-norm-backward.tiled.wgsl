// add-rms-norm-backward.tiled: dx = dsum + rstd * (g - sum * rstd^2 * mean(g * sum)), g = dnormed * weight, and partial sums of dweight = sum over rows of dnormed * sum * rstd; for GPUs.
// LANES threads share a row and walk every parts-th row, so that each has its vectors of weight and of dweight in registers.
// grid             WG_SIZE / LANES walks (parts) a workgroup, folded over x and y
// sum, dsum, dx    [rows, columns] Vector     dnormed  [rows, columns] Normed     ddelta  [rows, columns] Delta, dx again
// weight           [columns] Vector           rstd     [rows] f32
// partial_sums     [parts, columns] Vector
// cost             5 values an element

// @spec
const WG_SIZE: u32 = 128u;
const LANES: u32 = 32u;     // power of two that divides WG_SIZE
const OWN: u32 = 1u;        // vectors of a row that each of them has: ceil(columns / LANES)
const WIDTH: u32 = 1u;      // values in a Vector
alias Vector = f32;
alias Delta = f32;          // Vector as ddelta lies in memory: of f32 or of f16
alias Normed = f32;         // Vector as dnormed lies in memory
const HAS_DSUM: bool = true;
const HAS_DDELTA: bool = true; // false: the gradient of delta is dx itself
const HAS_PARTIAL_SUMS: bool = true;
// @end-spec

struct Params {
  rows: u32,
  columns: u32,             // vectors in a row
  parts: u32,
  steps: u32,               // rows of a walk: ceil(rows / parts)
}

@group(0) @binding(0) var<storage, read> sum: array<Vector>;
@group(0) @binding(1) var<storage, read> weight: array<Vector>;
@group(0) @binding(2) var<storage, read> rstd: array<f32>;
@group(0) @binding(3) var<storage, read> dnormed: array<Normed>;
@group(0) @binding(4) var<storage, read> dsum: array<Vector>;
@group(0) @binding(5) var<storage, read_write> dx: array<Vector>;
@group(0) @binding(6) var<storage, read_write> ddelta: array<Delta>;
@group(0) @binding(7) var<storage, read_write> partial_sums: array<Vector>;
@group(0) @binding(8) var<uniform> params: Params;

@compute @workgroup_size(WG_SIZE)
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) thread: u32,
) {
  let part = (group.y * groups.x + group.x) * (WG_SIZE / LANES) + thread / LANES;
  let lane = thread % LANES;
  let m_part = part < params.parts;
  var p_weight: array<Vector, OWN>;
  var p_dweight: array<Vector, OWN>;
  for (var i = 0u; i < OWN; i++) { // @unroll
    let column = lane + i * LANES;
    if (m_part && column < params.columns) {
      p_weight[i] = weight[column];
    }
  }
  for (var step = 0u; step < params.steps; step++) {
    let row = part + step * params.parts;
    let m_row = m_part && row < params.rows;
    let o_row = row * params.columns;
    var p_sum: array<Vector, OWN>;
    var p_dnormed: array<Vector, OWN>;
    var p_dsum: array<Vector, OWN>;
    var products = Vector(0.0);
    for (var i = 0u; i < OWN; i++) { // @unroll
      let column = lane + i * LANES;
      if (m_row && column < params.columns) {
        p_sum[i] = sum[o_row + column];
        p_dnormed[i] = Vector(dnormed[o_row + column]);
        // Loaded here, so that it is there behind the barriers.
        if (HAS_DSUM) {
          p_dsum[i] = dsum[o_row + column];
        }
        products += p_dnormed[i] * p_weight[i] * p_sum[i];
      }
    }
    let mean = lane_sum(thread, vector_sum(products)) / f32(params.columns * WIDTH);
    if (m_row) {
      let p_rstd = rstd[row];
      let pull = p_rstd * p_rstd * mean;
      for (var i = 0u; i < OWN; i++) { // @unroll
        let column = lane + i * LANES;
        if (column < params.columns) {
          var value = p_rstd * (p_dnormed[i] * p_weight[i] - p_sum[i] * pull);
          if (HAS_DSUM) {
            value += p_dsum[i];
          }
          dx[o_row + column] = value;
          if (HAS_DDELTA) {
            ddelta[o_row + column] = Delta(value);
          }
          p_dweight[i] += p_dnormed[i] * p_sum[i] * p_rstd;
        }
      }
    }
  }
  if (HAS_PARTIAL_SUMS && m_part) {
    for (var i = 0u; i < OWN; i++) { // @unroll
      let column = lane + i * LANES;
      if (column < params.columns) {
        partial_sums[part * params.columns + column] = p_dweight[i];
      }
    }
  }
}
