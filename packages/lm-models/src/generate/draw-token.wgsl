// draw token: one token of each row from softmax(logits / temperature) over the top k, of these over the top p; see sampling.ts.
// Ranks are found by digits of the logits' sortable bits, shares are summed as integers: the same choice whatever the order of threads.
// grid         one workgroup a row
// logits       [B, V] f32, as bits; V < 2^24
// draws        [B] u32: numbers drawn so far; row b draws from stream b of the seed
// chosen       [2, B] i32: the token; the index of the first logit that is NaN or infinite, else -1
// cost         4 * V bytes a pass: 8 passes, 4 more with each of top k and top p

// @spec
const WG_SIZE: u32 = 256u;  // a thread a digit
const UNROLL: u32 = 8u;     // logits that a thread asks for at once
const HAS_TOP_K: bool = false;
const HAS_TOP_P: bool = false;
// @end-spec

struct Params {
  batch: u32,
  vocab: u32,
  temperature: f32,
  top_k: u32,               // at most V
  top_p: u32,               // in 2^-32
  seed_low: u32,
  seed_high: u32,
}

@group(0) @binding(0) var<storage, read> logits: array<u32>;
@group(0) @binding(1) var<storage, read_write> draws: array<u32>;
@group(0) @binding(2) var<storage, read_write> chosen: array<i32>;
@group(0) @binding(3) var<uniform> params: Params;

const DIGITS: u32 = WG_SIZE;
// Sums of each digit: neighbouring threads add to different ones, as most logits share their first digits.
const COPIES: u32 = 4u;

// Tokens of one logit, and the weight (or number) of all tokens with greater ones.
struct Group {
  key: u32,
  above: vec2u,
}

var<workgroup> t_max: atomic<u32>;                        // key
var<workgroup> t_bad: atomic<u32>;
var<workgroup> t_low: array<atomic<u32>, DIGITS * COPIES>;    // sums by digit, two words
var<workgroup> t_high: array<atomic<u32>, DIGITS * COPIES>;
var<workgroup> t_sums: array<vec2u, WG_SIZE>;
var<workgroup> t_key: u32;                                // of a group
var<workgroup> t_above: vec2u;
var<workgroup> t_counts: array<u32, WG_SIZE>;

fn logit_of(key: u32) -> f32 { return bitcast<f32>(select(~key, key & 0x7fffffffu, (key >> 31u) == 1u)); }

// exp((logit - max) / temperature) in 2^-40; what is below counts as 0, and so does minus infinity.
fn weight_of(key: u32, max_key: u32) -> vec2u {
  if (key <= 0x007fffffu) { return vec2u(0u); }
  let exponent = max((logit_of(key) - logit_of(max_key)) / params.temperature, -64.0);
  let scaled = exp(exponent) * 256.0;
  let whole = floor(scaled);
  return vec2u(u32((scaled - whole) * 4294967296.0), u32(whole));
}

fn clear_digits(lane: u32) {
  workgroupBarrier();
  for (var at = lane; at < DIGITS * COPIES; at += WG_SIZE) {
    atomicStore(&t_low[at], 0u);
    atomicStore(&t_high[at], 0u);
  }
  workgroupBarrier();
}

fn add_to_digit(digit: u32, lane: u32, value: vec2u) {
  let at = digit * COPIES + lane % COPIES;
  let before = atomicAdd(&t_low[at], value.x);
  let carry = u32(before + value.x < before);
  if (value.y + carry > 0u) { atomicAdd(&t_high[at], value.y + carry); }
}

fn digit_sum(digit: u32) -> vec2u {
  var sum = vec2u(0u);
  for (var copy = digit * COPIES; copy < (digit + 1u) * COPIES; copy++) {
    sum = add_wide(sum, vec2u(atomicLoad(&t_low[copy]), atomicLoad(&t_high[copy])));
  }
  return sum;
}

// Leaves in t_sums[n] the sum of the values of threads 0 … n.
fn scan_sums(lane: u32, value: vec2u) {
  t_sums[lane] = value;
  for (var stride = 1u; stride < WG_SIZE; stride *= 2u) {
    workgroupBarrier();
    var before = vec2u(0u);
    if (lane >= stride) { before = t_sums[lane - stride]; }
    workgroupBarrier();
    t_sums[lane] = add_wide(t_sums[lane], before);
  }
  workgroupBarrier();
}

// Of the ranked tokens the group with which their sum first exceeds `limit`: sums of weights, or of ones where `counts`.
fn find_group(o_row: u32, lane: u32, limit: vec2u, counts: bool, max_key: u32) -> Group {
  var found = Group(0u, vec2u(0u));
  for (var round = 0u; round < 4u; round++) {
    let shift = 24u - 8u * round;
    clear_digits(lane);
    for (var first = lane; first < params.vocab; first += WG_SIZE * UNROLL) {
      var p_bits: array<u32, UNROLL>;
      for (var u = 0u; u < UNROLL; u++) {
        p_bits[u] = logits[o_row + min(first + u * WG_SIZE, params.vocab - 1u)];
      }
      for (var u = 0u; u < UNROLL; u++) {
        let key = key_of(p_bits[u]);
        let same_digits = round == 0u || ((key ^ found.key) >> ((shift + 8u) % 32u)) == 0u;
        if (first + u * WG_SIZE >= params.vocab || !same_digits) { continue; }
        var value = vec2u(1u, 0u);
        if (!counts) { value = weight_of(key, max_key); }
        add_to_digit((key >> shift) % DIGITS, lane, value);
      }
    }
    workgroupBarrier();
    pick_digit(lane, found, limit, shift);
    workgroupBarrier();
    found = Group(t_key, t_above);
  }
  return found;
}

// The group with one more digit, from the greatest digit on. The last that holds anything stands in where rounding leaves the limit above all.
fn pick_digit(lane: u32, before: Group, limit: vec2u, shift: u32) {
  let digit = DIGITS - 1u - lane;
  let value = digit_sum(digit);
  // Stays where nothing holds anything: all logits are NaN.
  if (lane == 0u) {
    t_key = before.key;
    t_above = before.above;
  }
  scan_sums(lane, value);
  let sum = add_wide(before.above, t_sums[lane]);
  let above = subtract_wide(sum, value);
  let is_last = all(t_sums[lane] == t_sums[WG_SIZE - 1u]);
  let reaches = !is_less(limit, above) && (is_less(limit, sum) || is_last);
  if (any(value != vec2u(0u)) && reaches) {
    t_key = before.key | (digit << shift);
    t_above = above;
  }
}

// The weight of all tokens with greater keys.
fn weight_above(o_row: u32, lane: u32, key_limit: u32, max_key: u32) -> vec2u {
  var sum = vec2u(0u);
  for (var token = lane; token < params.vocab; token += WG_SIZE) {
    let key = key_of(logits[o_row + token]);
    if (key > key_limit) { sum = add_wide(sum, weight_of(key, max_key)); }
  }
  workgroupBarrier();
  scan_sums(lane, sum);
  return t_sums[WG_SIZE - 1u];
}

// The weight of what top k and top p leave: a front of the ranked tokens.
fn kept_weight(o_row: u32, lane: u32, max_key: u32) -> vec2u {
  var kept: vec2u;
  if (HAS_TOP_K) {
    let last = find_group(o_row, lane, vec2u(params.top_k - 1u, 0u), true, max_key);
    let above = weight_above(o_row, lane, last.key, max_key);
    kept = add_wide(above, multiply_wide(weight_of(last.key, max_key), params.top_k - last.above.x));
  } else {
    kept = weight_above(o_row, lane, 0u, max_key);
  }
  if (HAS_TOP_P) {
    // The fewest tokens that make up the share; at least one unit, so at least one token.
    let share = share_of(kept, params.top_p);
    let limit = subtract_wide(share, vec2u(u32(any(share != vec2u(0u))), 0u));
    let last = find_group(o_row, lane, limit, false, max_key);
    let weight = weight_of(last.key, max_key);
    let ties = quotient(subtract_wide(limit, last.above), weight) + 1u;
    kept = add_wide(last.above, multiply_wide(weight, ties));
  }
  return kept;
}

// Among the tokens of one logit the n-th, in the order of their ids. Each thread looks through neighbours.
fn write_nth(row: u32, lane: u32, key: u32, n: u32) {
  let o_row = row * params.vocab;
  let share = (params.vocab + WG_SIZE - 1u) / WG_SIZE;
  let end = min((lane + 1u) * share, params.vocab);
  var count = 0u;
  for (var token = lane * share; token < end; token++) {
    count += u32(key_of(logits[o_row + token]) == key);
  }
  t_counts[lane] = count;
  workgroupBarrier();
  var before = 0u;
  for (var other = 0u; other < lane; other++) { before += t_counts[other]; }
  if (n < before || n >= before + count) { return; }
  for (var token = lane * share; token < end; token++) {
    if (key_of(logits[o_row + token]) != key) { continue; }
    if (before == n) { chosen[row] = i32(token); }
    before++;
  }
}

@compute @workgroup_size(WG_SIZE)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let row = group.x;
  let o_row = row * params.vocab;
  if (lane == 0u) {
    atomicStore(&t_max, 0u);
    atomicStore(&t_bad, 0xffffffffu);
  }
  workgroupBarrier();
  var largest = 0u;
  for (var token = lane; token < params.vocab; token += WG_SIZE) {
    let bits = logits[o_row + token];
    largest = max(largest, key_of(bits));
    if (!is_finite(bits)) { atomicMin(&t_bad, token); }
  }
  atomicMax(&t_max, largest);
  workgroupBarrier();
  let max_key = atomicLoad(&t_max);
  let kept = kept_weight(o_row, lane, max_key);
  let limit = share_of(kept, uniform_bits(vec2u(params.seed_low, params.seed_high), row, draws[row]));
  let drawn = find_group(o_row, lane, limit, false, max_key);
  // Where nothing has a weight (all is NaN) any token will do: the host is told.
  var rank = 0u;
  let weight = weight_of(drawn.key, max_key);
  if (any(weight != vec2u(0u))) { rank = quotient(subtract_wide(limit, drawn.above), weight); }
  if (lane == 0u) {
    chosen[row] = 0;
    chosen[params.batch + row] = bitcast<i32>(atomicLoad(&t_bad));
  }
  storageBarrier();
  workgroupBarrier();
  if (lane == 0u) { draws[row] += 1u; }
  write_nth(row, lane, drawn.key, rank);
}
