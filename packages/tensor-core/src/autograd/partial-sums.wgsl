// partial-sums: gradients of parameters from the partial sums that backward kernels left, of many parameters at once, in fixed order.
// grid      one workgroup COLUMNS columns of a job, folded over x and y; ROWS of its rows at a time
// partial   f32, a job's rows: parts of `width` elements, and in each `repeats` rows of `columns` neighbours from `first` on
// sums      f32, a job's sums from `sums_at` on
// cost      4 bytes a partial sum
// In front of this text stand `const COLUMNS` and `const ROWS`, powers of two.

struct Job {
  first: u32,
  parts: u32,
  width: u32,
  repeats: u32,
  columns: u32,
  sums_at: u32,
  first_group: u32,         // workgroups of the jobs before it
  unused: u32,
}

struct Params {
  count: vec4<u32>,         // jobs, in x
  jobs: array<Job, 64>,
}

@group(0) @binding(0) var<storage, read> partial: array<f32>;
@group(0) @binding(1) var<storage, read_write> sums: array<f32>;
@group(0) @binding(2) var<uniform> params: Params;

const THREADS = COLUMNS * ROWS;
var<workgroup> t_sums: array<f32, THREADS>; // [ROWS, COLUMNS]

@compute @workgroup_size(THREADS)
fn main(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(num_workgroups) workgroups: vec3u,
  @builtin(local_invocation_index) thread: u32,
) {
  let group = workgroup.y * workgroups.x + workgroup.x;
  var at = 0u;
  while (at + 1u < params.count.x && params.jobs[at + 1u].first_group <= group) {
    at++;
  }
  let job = params.jobs[at];
  let column = (group - job.first_group) * COLUMNS + thread % COLUMNS;
  let m_column = column < job.columns;
  var sum = 0.0;
  if (m_column) {
    for (var row = thread / COLUMNS; row < job.parts * job.repeats; row += ROWS) {
      let o_row = (row / job.repeats) * job.width + (row % job.repeats) * job.columns;
      sum += partial[job.first + o_row + column];
    }
  }
  t_sums[thread] = sum;
  for (var stride = THREADS / 2u; stride >= COLUMNS; stride /= 2u) {
    workgroupBarrier();
    if (thread < stride) {
      t_sums[thread] += t_sums[thread + stride];
    }
  }
  if (m_column && thread < COLUMNS) {
    sums[job.sums_at + column] = t_sums[thread];
  }
}
