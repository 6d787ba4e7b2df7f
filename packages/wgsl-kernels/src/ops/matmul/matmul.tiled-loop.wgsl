// The loop of matmul.tiled for tiles whose threads own up to 4 × 4 values of C.
// Tiles keep the storage order of their matrix, so loads are copies; a row of a tile ends in one vec4 of padding,
// so that the strided reads of a K-contiguous tile meet different banks.

const THREADS_M = TILE_M / ROWS;
const THREADS_N = TILE_N / COLS;
const THREADS = THREADS_M * THREADS_N;
const ROWS_A = select(TILE_M, TILE_K, TRANSPOSE_A);
const VECS_A = select(TILE_K, TILE_M, TRANSPOSE_A) / 4u;
const ROWS_B = select(TILE_K, TILE_N, TRANSPOSE_B);
const VECS_B = select(TILE_N, TILE_K, TRANSPOSE_B) / 4u;

var<workgroup> t_a: array<vec4f, ROWS_A * (VECS_A + 1u)>; // [ROWS_A, VECS_A + 1]
var<workgroup> t_b: array<vec4f, ROWS_B * (VECS_B + 1u)>; // [ROWS_B, VECS_B + 1]

fn load_tiles(lane: u32, o_a: u32, o_b: u32, m_0: u32, n_0: u32, k_0: u32, k_end: u32) {
  let row_0 = select(m_0, k_0, TRANSPOSE_A);
  let col_0 = select(k_0, m_0, TRANSPOSE_A);
  for (var i = lane; i < ROWS_A * VECS_A; i += THREADS) {
    let row = row_0 + i / VECS_A;
    let col = col_0 + (i % VECS_A) * 4u;
    let valid = left(col, select(k_end, params.m, TRANSPOSE_A), row, select(params.m, k_end, TRANSPOSE_A));
    t_a[(i / VECS_A) * (VECS_A + 1u) + i % VECS_A] = load_a(o_a + row * params.lda + col, valid);
  }
  let row_1 = select(k_0, n_0, TRANSPOSE_B);
  let col_1 = select(n_0, k_0, TRANSPOSE_B);
  for (var i = lane; i < ROWS_B * VECS_B; i += THREADS) {
    let row = row_1 + i / VECS_B;
    let col = col_1 + (i % VECS_B) * 4u;
    let valid = left(col, select(params.n, k_end, TRANSPOSE_B), row, select(k_end, params.n, TRANSPOSE_B));
    t_b[(i / VECS_B) * (VECS_B + 1u) + i % VECS_B] = load_b(o_b + row * params.ldb + col, valid);
  }
}

// Row of the tile that a thread's i-th row is: neighbours in fours where A's tile is M-contiguous, else strided.
fn row_of(t_m: u32, i: u32) -> u32 {
  if (TRANSPOSE_A) { return 4u * (t_m + THREADS_M * (i / 4u)) + i % 4u; }
  return t_m + THREADS_M * i;
}

fn col_of(t_n: u32, j: u32) -> u32 {
  if (TRANSPOSE_B) { return t_n + THREADS_N * j; }
  return 4u * (t_n + THREADS_N * (j / 4u)) + j % 4u;
}

// Columns i of the result: four ranks k … k + 3 of the rows 4i … 4i + 3 that a thread owns.
fn micro_a(t_m: u32, i: u32, k: u32) -> mat4x4f {
  if (TRANSPOSE_A) {
    let o = k * (VECS_A + 1u) + t_m + THREADS_M * i;
    const NEXT = VECS_A + 1u;
    return transpose(mat4x4f(t_a[o], t_a[o + NEXT], t_a[o + 2u * NEXT], t_a[o + 3u * NEXT]));
  }
  let o = (t_m + THREADS_M * 4u * i) * (VECS_A + 1u) + k / 4u;
  const NEXT = THREADS_M * (VECS_A + 1u);
  return mat4x4f(t_a[o], t_a[o + NEXT], t_a[o + 2u * NEXT], t_a[o + 3u * NEXT]);
}

// Columns s of the result: the four columns 4j … 4j + 3 that a thread owns, at rank k + s.
fn micro_b(t_n: u32, j: u32, k: u32) -> mat4x4f {
  if (TRANSPOSE_B) {
    let o = (t_n + THREADS_N * 4u * j) * (VECS_B + 1u) + k / 4u;
    const NEXT = THREADS_N * (VECS_B + 1u);
    return transpose(mat4x4f(t_b[o], t_b[o + NEXT], t_b[o + 2u * NEXT], t_b[o + 3u * NEXT]));
  }
  let o = k * (VECS_B + 1u) + t_n + THREADS_N * j;
  const NEXT = VECS_B + 1u;
  return mat4x4f(t_b[o], t_b[o + NEXT], t_b[o + 2u * NEXT], t_b[o + 3u * NEXT]);
}

fn store(o_c: u32, m: u32, n: u32, value: f32) {
  if (m >= params.m || n >= params.n) { return; }
  var result = value;
  if (HAS_BIAS) { result += bias[n]; }
  if (ACCUMULATE) { result += f32(c[o_c + m * params.ldc + n]); }
  c[o_c + m * params.ldc + n] = StoredC(result);
}

@compute @workgroup_size(THREADS)
fn main(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let t_m = lane / THREADS_N;
  let t_n = lane % THREADS_N;
  let m_0 = workgroup.y * TILE_M;
  let n_0 = workgroup.x * TILE_N;
  let i_batch = workgroup.z / params.splits;
  let k_begin = (workgroup.z % params.splits) * params.k_split;
  let k_end = min(k_begin + params.k_split, params.k);
  let o_a = params.offset_a + i_batch * params.stride_a;
  let o_b = params.offset_b + i_batch * params.stride_b;
  var p_c: array<mat4x4f, ROWS * COLS / 16u>; // [ROWS / 4, COLS / 4] blocks, one column of four C columns a row
  for (var k_0 = k_begin; k_0 < k_end; k_0 += TILE_K) {
    load_tiles(lane, o_a, o_b, m_0, n_0, k_0, k_end);
    workgroupBarrier();
    for (var k = 0u; k < TILE_K; k += 4u) {
      for (var j = 0u; j < COLS / 4u; j++) {
        let p_b = micro_b(t_n, j, k);
        for (var i = 0u; i < ROWS / 4u; i++) {
          p_c[i * (COLS / 4u) + j] += p_b * micro_a(t_m, i, k);
        }
      }
    }
    workgroupBarrier();
  }
  let o_c = params.offset_c + workgroup.z * params.stride_c;
  for (var i = 0u; i < ROWS; i++) {
    for (var j = 0u; j < COLS; j++) {
      let value = p_c[(i / 4u) * (COLS / 4u) + j / 4u][i % 4u][j % 4u];
      store(o_c, m_0 + row_of(t_m, i), n_0 + col_of(t_n, j), value);
    }
  }
}
