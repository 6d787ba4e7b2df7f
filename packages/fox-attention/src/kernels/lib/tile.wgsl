// tile: products of 32 × 32 tiles by 64 threads. Thread (tx, ty) = (lane % 8, lane / 8) has the pairs of
// rows ty + 8 r and columns tx + 8 c, r and c in 0…3. Head dims pass through in chunks, so the tiles fit 16 KiB.

const THREADS: u32 = 64u;
const TILE: u32 = 32u;
const D4: u32 = HEAD_DIM / 4u;
const C4: u32 = CHUNK / 4u;
const CHUNKS: u32 = HEAD_DIM / CHUNK;
// One vector more than a row has: the rows of neighbouring threads lie in different banks.
const STRIDE: u32 = C4 + 1u;
const P_STRIDE: u32 = 9u;

var<workgroup> t_a: array<vec4f, TILE * STRIDE>;   // [TILE, CHUNK]
var<workgroup> t_b: array<vec4f, TILE * STRIDE>;   // [TILE, CHUNK]
// [TILE, 8]: vector g of a row holds its weights on columns g, g + 8, g + 16, g + 24
var<workgroup> t_p: array<vec4f, TILE * P_STRIDE>;

// Vectors at `at`, `at` + 8 rows, + 16 rows, + 24 rows.
fn a_rows(at: u32) -> mat4x4f {
  return mat4x4f(t_a[at], t_a[at + 8u * STRIDE], t_a[at + 16u * STRIDE], t_a[at + 24u * STRIDE]);
}
fn b_rows(at: u32) -> mat4x4f {
  return mat4x4f(t_b[at], t_b[at + 8u * STRIDE], t_b[at + 16u * STRIDE], t_b[at + 24u * STRIDE]);
}
fn p_rows(at: u32) -> mat4x4f {
  return mat4x4f(t_p[at], t_p[at + 8u * P_STRIDE], t_p[at + 16u * P_STRIDE], t_p[at + 24u * P_STRIDE]);
}

// result[r][c] = row ty + 8 r of t_a times row tx + 8 c of t_b
fn multiply(tx: u32, ty: u32) -> mat4x4f {
  var result = mat4x4f();
  for (var d = 0u; d < C4; d++) {
    result += transpose(b_rows(tx * STRIDE + d)) * a_rows(ty * STRIDE + d);
  }
  return result;
}

// Vector tx of the chunk in t_b, summed with the weights of rows ty + 8 r: result[r] = sum_j p[r, j] b[j, tx].
fn weigh(tx: u32, ty: u32) -> mat4x4f {
  var result = mat4x4f();
  if (tx >= C4) { return result; }
  for (var g = 0u; g < 8u; g++) {
    result += b_rows(g * STRIDE + tx) * p_rows(ty * P_STRIDE + g);
  }
  return result;
}

fn store_weights(p: mat4x4f, tx: u32, ty: u32) {
  for (var r = 0u; r < 4u; r++) { t_p[(ty + 8u * r) * P_STRIDE + tx] = p[r]; }
}

// Where vector `d` of token `t` of [B, length, heads, D] lies; tokens past the end repeat the last one.
fn token_at(b: u32, length: u32, t: u32, heads: u32, h: u32, d: u32) -> u32 {
  return ((b * length + min(t, length - 1u)) * heads + h) * D4 + d;
}

fn query_at(b: u32, i: u32, h: u32, d: u32) -> u32 {
  return token_at(b, params.query_len, i, params.num_heads, h, d);
}

// h: key head
fn key_at(b: u32, j: u32, h: u32, d: u32) -> u32 {
  return token_at(b, params.key_len, j, params.num_kv_heads, h, d);
}
