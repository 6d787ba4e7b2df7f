// philox: the counter-based random numbers of tensor-core's rng.ts, bit for bit: Philox-4x32-10 (Salmon et al., SC 2011).
// Needs wide.wgsl.

fn philox4x32(counter: vec4u, key: vec2u) -> vec4u {
  var c = counter;
  var k = key;
  for (var round = 0u; round < 10u; round++) {
    let high = vec2u(multiply_high(0xd2511f53u, c.x), multiply_high(0xcd9e8d57u, c.z));
    c = vec4u(high.y ^ c.y ^ k.x, 0xcd9e8d57u * c.z, high.x ^ c.w ^ k.y, 0xd2511f53u * c.x);
    k += vec2u(0x9e3779b9u, 0xbb67ae85u);
  }
  return c;
}

// The first 32 of the 53 bits of the n-th `uniform()` of a stream: two words each, so two numbers a block.
fn uniform_bits(seed: vec2u, stream: u32, n: u32) -> u32 {
  let words = philox4x32(vec4u(n / 2u, 0u, stream, 0u), seed);
  let pair = select(words.xy, words.zw, n % 2u == 1u);
  return (pair.x & 0xffffffe0u) | (pair.y >> 27u);
}
