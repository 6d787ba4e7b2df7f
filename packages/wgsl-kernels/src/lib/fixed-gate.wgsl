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

// Exact, but for gates smaller than 1e-4 nats: those are rounded to 2^-36 nats.
fn gate_from_f32(value: f32) -> GateSum {
  // By its bits: compilers may assume that nothing is NaN.
  if ((bitcast<u32>(value) & 0x7fffffffu) > 0x7f800000u) {
    return GateSum(0, 0u, 1u);
  }
  let scaled = clamp(value, -LARGEST_GATE, LARGEST_GATE) * UNITS_PER_NAT;
  let whole = round(scaled);
  let rest = scaled - whole;           // in [-0.5, 0.5], exact
  let fraction = u32(round(abs(rest) * FRACTIONS_PER_UNIT));
  if (rest < 0.0 && fraction > 0u) {
    return GateSum(i32(whole) - 1, 0u - fraction, 0u);
  }
  return GateSum(i32(whole), fraction, 0u);
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
