// wide: unsigned 64-bit integers as (low, high) words, as far as drawing by shares needs them.

// High word of a product of two words, by halves.
fn multiply_high(a: u32, b: u32) -> u32 {
  let a_low = a & 0xffffu;
  let a_high = a >> 16u;
  let b_low = b & 0xffffu;
  let b_high = b >> 16u;
  let middle = a_high * b_low + ((a_low * b_low) >> 16u);
  let other = a_low * b_high + (middle & 0xffffu);
  return a_high * b_high + (middle >> 16u) + (other >> 16u);
}

fn add_wide(a: vec2u, b: vec2u) -> vec2u {
  let low = a.x + b.x;
  return vec2u(low, a.y + b.y + u32(low < a.x));
}

fn subtract_wide(a: vec2u, b: vec2u) -> vec2u {
  return vec2u(a.x - b.x, a.y - b.y - u32(a.x < b.x));
}

fn is_less(a: vec2u, b: vec2u) -> bool {
  return a.y < b.y || (a.y == b.y && a.x < b.x);
}

fn multiply_wide(a: vec2u, factor: u32) -> vec2u {
  return vec2u(a.x * factor, multiply_high(a.x, factor) + a.y * factor);
}

// floor(a * fraction / 2^32), below a.
fn share_of(a: vec2u, fraction: u32) -> vec2u {
  let high = vec2u(a.y * fraction, multiply_high(a.y, fraction));
  return add_wide(high, vec2u(multiply_high(a.x, fraction), 0u));
}

// floor(a / b) where it fits a word; b > 0.
fn quotient(a: vec2u, b: vec2u) -> u32 {
  var rest = vec2u(0u);
  var result = 0u;
  for (var i = 0u; i < 64u; i++) {
    let word = select(a.x, a.y, i < 32u);
    rest = vec2u((rest.x << 1u) | ((word >> (31u - i % 32u)) & 1u), (rest.y << 1u) | (rest.x >> 31u));
    result <<= 1u;
    if (!is_less(rest, b)) {
      rest = subtract_wide(rest, b);
      result |= 1u;
    }
  }
  return result;
}
