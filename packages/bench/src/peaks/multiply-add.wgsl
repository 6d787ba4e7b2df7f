// Multiply-adds in registers and nothing else: what the arithmetic units reach.
// grid    one thread a work item; each owns independent chains of vec4, so that latency is hidden
// out     [threads] f32, the sum of a thread's chains
// cost    8 flops an iteration, thread and chain: 4 lanes · (multiply, add); 4 bytes a thread

// @spec
const WG_SIZE: u32 = 256u;
const IS_WIDE: bool = true;   // 8 chains; else 3, which is what fits a CPU's registers
// @end-spec

struct Params {
  iterations: u32,
  factor: f32,   // below 1, so that the chains stay bounded
  addend: f32,
}

@group(0) @binding(0) var<storage, read_write> out: array<f32>;
@group(0) @binding(1) var<uniform> params: Params;

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
  for (var i = 0u; i < params.iterations; i++) {
    p_0 = p_0 * factor + addend;
    p_1 = p_1 * factor + addend;
    p_2 = p_2 * factor + addend;
    if (IS_WIDE) {
      p_3 = p_3 * factor + addend;
      p_4 = p_4 * factor + addend;
      p_5 = p_5 * factor + addend;
      p_6 = p_6 * factor + addend;
      p_7 = p_7 * factor + addend;
    }
  }
  var sum = p_0 + p_1 + p_2;
  if (IS_WIDE) {
    sum += (p_3 + p_4) + (p_5 + p_6) + p_7;
  }
  out[id.x] = dot(sum, vec4f(1.0));
}
