// Multiply-adds in registers and nothing else: what the arithmetic units reach.
// grid    one thread a work item; each owns independent chains of vec4, so that latency is hidden
// out     [threads] f32, the sum of a thread's chains
// cost    8 flops a step, thread and chain: 4 lanes · (multiply, add); 4 bytes a thread
// The loop is unrolled: with one step an iteration, its counter and branch took a quarter of an H200's time (45.6 of 61.0 TFLOP/s
// with 8 steps, 65.3 with 32). The part between the marks is
// repeated in the text, since an inner loop brings its counter back where a compiler does not unroll it. Factor and addend are no literals: NVIDIA's compiler folds `a * b + c` of literals, and work that
// was counted is not done. With uniforms it makes one instruction of `fma(a, b, c)` and of `a * b + c` alike.

// @spec
const WG_SIZE: u32 = 256u;
const IS_WIDE: bool = true;   // 8 chains, else 2
// @end-spec

struct Params {
  steps: u32,    // multiply-adds of each chain, a multiple of 32
  factor: f32,   // below 1, so that the chains stay bounded
  addend: f32,
}

@group(0) @binding(0) var<storage, read_write> out: array<f32>;
@group(0) @binding(1) var<uniform> params: Params;

fn eight_steps(p_start: vec4f, factor: vec4f, addend: vec4f) -> vec4f {
  var p = fma(p_start, factor, addend);
  p = fma(p, factor, addend);
  p = fma(p, factor, addend);
  p = fma(p, factor, addend);
  p = fma(p, factor, addend);
  p = fma(p, factor, addend);
  p = fma(p, factor, addend);
  return fma(p, factor, addend);
}

@compute @workgroup_size(WG_SIZE)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  let factor = vec4f(params.factor);
  let addend = vec4f(params.addend);
  var p_0 = vec4f(f32(id.x & 7u));
  var p_1 = p_0 + 1.0;
  var p_2 = p_0 + 2.0;
  var p_3 = p_0 + 3.0;
  var p_4 = p_0 + 4.0;
  var p_5 = p_0 + 5.0;
  var p_6 = p_0 + 6.0;
  var p_7 = p_0 + 7.0;
  for (var i = 0u; i < params.steps; i += 32u) {
    // @repeat
    p_0 = eight_steps(p_0, factor, addend);
    p_1 = eight_steps(p_1, factor, addend);
    if (IS_WIDE) {
      p_2 = eight_steps(p_2, factor, addend);
      p_3 = eight_steps(p_3, factor, addend);
      p_4 = eight_steps(p_4, factor, addend);
      p_5 = eight_steps(p_5, factor, addend);
      p_6 = eight_steps(p_6, factor, addend);
      p_7 = eight_steps(p_7, factor, addend);
    }
    // @end-repeat
  }
  var sum = p_0 + p_1;
  if (IS_WIDE) {
    sum += ((p_2 + p_3) + (p_4 + p_5)) + (p_6 + p_7);
  }
  out[id.x] = dot(sum, vec4f(1.0));
}
