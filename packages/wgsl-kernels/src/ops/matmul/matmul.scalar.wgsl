// matmul.scalar: C[b] = A[b] B[b] (+ bias) (+ C[b]), one rows × cols block of C a thread, no workgroup memory, no barrier.
// grid    blocks of C, then splits of K, then batch, folded over workgroups of WG_SIZE threads
// a       f16 or f32 [batch, M, K] or, transposed, [batch, K, M]; from offset_a, row stride lda, matrix stride stride_a
// b       f16 or f32 [batch, K, N] or, transposed, [batch, N, K]; from offset_b, row stride ldb, matrix stride stride_b
// bias    f32 [N], read only if HAS_BIAS
// c       f16 or f32 [batch, splits, M, N]; from offset_c, row stride ldc; every split of K has its own C, summed by matmul-sum-splits
// cost    2 · M · N · K flops; each block reads K · (rows + cols) values
// Arithmetic is f32. This part holds bindings and loads; the loop over K and the stores are written by scalar-source.ts.

// @spec
const WG_SIZE: u32 = 16u;
const ALIGNED_A: bool = true;   // lda, stride_a multiples of 4: vec4 loads
const ALIGNED_B: bool = true;
const TAIL_K: bool = false;     // K is no multiple of 4
const HAS_BIAS: bool = false;
const ACCUMULATE: bool = false; // add to what C holds
alias StoredA = vec4<f32>;      // in memory: vec4 of f32 or f16 where aligned, else one of them
alias StoredB = vec4<f32>;
alias StoredC = f32;            // a vec4 where whole vectors are stored
alias VectorA = vec4<f32>;      // four as in memory
alias VectorB = vec4<f32>;
// @end-spec

struct Params {
  m: u32,
  n: u32,
  k: u32,
  batch: u32,
  splits: u32,
  k_split: u32,  // share of K of one split, a multiple of 4
  lda: u32,
  ldb: u32,
  ldc: u32,
  stride_a: u32,
  stride_b: u32,
  stride_c: u32,
  offset_a: u32,
  offset_b: u32,
  offset_c: u32,
}

@group(0) @binding(0) var<storage, read> a: array<StoredA>;
@group(0) @binding(1) var<storage, read> b: array<StoredB>;
@group(0) @binding(2) var<storage, read> bias: array<f32>;
@group(0) @binding(3) var<storage, read_write> c: array<StoredC>;
@group(0) @binding(4) var<uniform> params: Params;

// Four neighbours of A from element `offset`; without alignment the last one repeats after `last`.
fn load_a(offset: u32, last: u32) -> vec4f {
  if (ALIGNED_A) { return vec4f(VectorA(a[offset / 4u])); }
  return vec4f(
    vec4f(VectorA(a[offset])).x,
    vec4f(VectorA(a[offset + min(1u, last)])).x,
    vec4f(VectorA(a[offset + min(2u, last)])).x,
    vec4f(VectorA(a[offset + min(3u, last)])).x,
  );
}

fn load_b(offset: u32, last: u32) -> vec4f {
  if (ALIGNED_B) { return vec4f(VectorB(b[offset / 4u])); }
  return vec4f(
    vec4f(VectorB(b[offset])).x,
    vec4f(VectorB(b[offset + min(1u, last)])).x,
    vec4f(VectorB(b[offset + min(2u, last)])).x,
    vec4f(VectorB(b[offset + min(3u, last)])).x,
  );
}

fn k_lanes(k: u32) -> vec4u { return vec4u(k, k + 1u, k + 2u, k + 3u); }

// Row of K to read; past the end the last one, whose product is masked.
fn clamp_k(k: u32, k_end: u32) -> u32 {
  if (TAIL_K) { return min(k, k_end - 1u); }
  return k;
}

fn mask_k(value: vec4f, in_k: vec4<bool>) -> vec4f {
  if (TAIL_K) { return select(vec4f(), value, in_k); }
  return value;
}

fn mask_row(value: vec4f, in_k: bool) -> vec4f {
  if (TAIL_K) { return select(vec4f(), value, vec4<bool>(in_k)); }
  return value;
}

fn load_bias(n: u32) -> vec4f {
  if (!HAS_BIAS) { return vec4f(); }
  let last = params.n - 1u;
  return vec4f(
    bias[min(n, last)],
    bias[min(n + 1u, last)],
    bias[min(n + 2u, last)],
    bias[min(n + 3u, last)],
  );
}

// What to store where C holds `old`; that is read only if ACCUMULATE.
fn added(old: vec4f, value: vec4f) -> vec4f {
  if (ACCUMULATE) { return old + value; }
  return value;
}
