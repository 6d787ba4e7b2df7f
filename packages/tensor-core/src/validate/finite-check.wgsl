// finite-check: counts the NaN and the infinities of one tensor and finds the first, by the bits of its elements.
// grid      workgroups of 64 threads, folded over x and y; a thread looks at 16 consecutive words
// values    f32, or two f16 a word      findings  [checks, 3]: NaN, infinities, the largest of ~index (0 where all is finite)
// size      elements      slot  this check's row of findings

struct Params {
  size: u32,
  slot: u32,
  is_f16: u32,
}

const WORDS_PER_THREAD = 16u;

@group(0) @binding(0) var<storage, read> values: array<u32>;
@group(0) @binding(1) var<storage, read_write> findings: array<atomic<u32>>;
@group(0) @binding(2) var<uniform> params: Params;

fn look_at(index: u32, bits: u32, exponent: u32) {
  if (index >= params.size || (bits & exponent) != exponent) { return; }
  let mantissa = select(0x007fffffu, 0x03ffu, params.is_f16 == 1u);
  let o_count = params.slot * 3u + select(1u, 0u, (bits & mantissa) != 0u);
  atomicAdd(&findings[o_count], 1u);
  atomicMax(&findings[params.slot * 3u + 2u], ~index);
}

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(num_workgroups) workgroups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let first = ((workgroup.y * workgroups.x + workgroup.x) * 64u + lane) * WORDS_PER_THREAD;
  let words = select(params.size, (params.size + 1u) / 2u, params.is_f16 == 1u);
  for (var word = first; word < min(first + WORDS_PER_THREAD, words); word++) {
    let bits = values[word];
    if (params.is_f16 == 1u) {
      look_at(2u * word, bits & 0xffffu, 0x7c00u);
      look_at(2u * word + 1u, bits >> 16u, 0x7c00u);
    } else {
      look_at(word, bits, 0x7f800000u);
    }
  }
}
