// fixed-gate: sums of log gates in 64-bit fixed point. Integer addition is exact, so a scan gives the same bits however it is split.

// A sum of gates: units * 1/16 nats + fraction * 2^-36 nats, fraction in [0, 1/16) nats; `invalid` counts NaN gates.
struct GateSum {
  units: i32,
  fraction: u32,
  invalid: u32,
}

const LARGEST_GATE: f32 = 1000.0;      // nats; beyond it a weight is 0 in f32 either way
const UNITS_PER_NAT: f32 = 16.0;
const FRACTIONS_PER_UNIT: f32 = 4294967296.0;

// NaN is found by its bits: compilers may assume that nothing is NaN.
fn has_nan_bits(bits: u32) -> bool {
  return (bits & 0x7fffffffu) > 0x7f800000u;
}

// Exact, but for gates smaller than 1e-4 nats: those are rounded to 2^-36 nats.
fn gate_from_f32(value: f32) -> GateSum {
  if (has_nan_bits(bitcast<u32>(value))) {
    return GateSum(0, 0u, 1u);
  }
  let scaled = clamp(value, -LARGEST_GATE, LARGEST_GATE) * UNITS_PER_NAT;
  let whole = round(scaled);
  return gate_from_parts(i32(whole), scaled - whole);
}

// units + rest, rest in [-0.5, 0.5] units.
fn gate_from_parts(units: i32, rest: f32) -> GateSum {
  let fraction = u32(round(abs(rest) * FRACTIONS_PER_UNIT));
  if (rest < 0.0 && fraction > 0u) {
    return GateSum(units - 1, 0u - fraction, 0u);
  }
  return GateSum(units, fraction, 0u);
}

fn add_gates(a: GateSum, b: GateSum) -> GateSum {
  let fraction = a.fraction + b.fraction;
  let carry = select(0, 1, fraction < a.fraction);
  return GateSum(a.units + b.units + carry, fraction, a.invalid + b.invalid);
}

// The two-part number of log-lambda.wgsl: the nearest unit, and the remainder in [-1/32, 1/32] as f32 bits; NaN after a NaN gate.
fn log_lambda_from_sum(sum: GateSum) -> vec2<i32> {
  if (sum.invalid > 0u) {
    return vec2<i32>(sum.units, 0x7fc00000);
  }
  let remainder = f32(bitcast<i32>(sum.fraction)) * (1.0 / (UNITS_PER_NAT * FRACTIONS_PER_UNIT));
  return vec2<i32>(sum.units + i32(sum.fraction >> 31u), bitcast<i32>(remainder));
}

// The sum that log_lambda_from_sum wrote, but for what its f32 remainder rounded off.
fn sum_from_log_lambda(log_lambda: vec2<i32>) -> GateSum {
  if (has_nan_bits(bitcast<u32>(log_lambda.y))) {
    return GateSum(log_lambda.x, 0u, 1u);
  }
  return gate_from_parts(log_lambda.x, bitcast<f32>(log_lambda.y) * UNITS_PER_NAT);
}
