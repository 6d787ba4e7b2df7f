// logit keys: bits of an f32 as an integer that sorts as the number does. Logits are read as bits, as compilers may assume that nothing is NaN.

// Greater for greater numbers, equal for 0 and -0; 0 for NaN.
fn key_of(bits: u32) -> u32 {
  if ((bits << 1u) == 0u) { return 0x80000000u; }
  if ((bits & 0x7fffffffu) > 0x7f800000u) { return 0u; }
  return select(bits | 0x80000000u, ~bits, (bits >> 31u) == 1u);
}

fn is_finite(bits: u32) -> bool { return (bits & 0x7f800000u) != 0x7f800000u; }
