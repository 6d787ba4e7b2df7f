// link-occurrences: chains the positions of equal ids in rising order, so that a sum over them has one order without atomics.
// Walks the ids in chunks of WG_SIZE from the last to the first; within a chunk each thread looks for its id among the others.
// grid    one workgroup: the chunks depend on each other
// ids     [tokens] i32; those outside the table stay unlinked
// first   [vocab] u32, zero before: 1 + position of the id's first occurrence, 0 for none
// next    [tokens] u32: 1 + position of the same id's next occurrence, 0 for none
// cost    tokens * WG_SIZE comparisons in workgroup memory

// @spec
const WG_SIZE: u32 = 256u;
// @end-spec

struct Params {
  tokens: u32,
  vocab: u32,
}

@group(0) @binding(0) var<storage, read> ids: array<i32>;
@group(0) @binding(1) var<storage, read_write> first: array<u32>;
@group(0) @binding(2) var<storage, read_write> next: array<u32>;
@group(0) @binding(3) var<uniform> params: Params;

const NO_ROW: u32 = 0xffffffffu;
var<workgroup> t_rows: array<u32, WG_SIZE>;

fn load_row(token: u32) -> u32 {
  if (token >= params.tokens) {
    return NO_ROW;
  }
  let row = u32(ids[token]);
  return select(NO_ROW, row, row < params.vocab);
}

fn is_first_in_chunk(thread: u32, row: u32) -> bool {
  for (var other = 0u; other < thread; other++) {
    if (t_rows[other] == row) {
      return false;
    }
  }
  return true;
}

// 1 + the next position in this chunk with the same row, or what the later chunks left in `first`.
fn find_next(thread: u32, row: u32, o_chunk: u32) -> u32 {
  for (var other = thread + 1u; other < WG_SIZE; other++) {
    if (t_rows[other] == row) {
      return o_chunk + other + 1u;
    }
  }
  return first[row];
}

@compute @workgroup_size(WG_SIZE)
fn main(@builtin(local_invocation_index) thread: u32) {
  let chunks = (params.tokens + WG_SIZE - 1u) / WG_SIZE;
  for (var step = 1u; step <= chunks; step++) {
    let o_chunk = (chunks - step) * WG_SIZE;
    let token = o_chunk + thread;
    let row = load_row(token);
    t_rows[thread] = row;
    workgroupBarrier();
    var link = 0u;
    var is_first = false;
    if (row != NO_ROW) {
      link = find_next(thread, row, o_chunk);
      is_first = is_first_in_chunk(thread, row);
    }
    if (token < params.tokens) {
      next[token] = link;
    }
    // Every thread has read `first` before the chunk's firsts overwrite it, and sees it before the next chunk.
    storageBarrier();
    if (is_first) {
      first[row] = token + 1u;
    }
    storageBarrier();
    workgroupBarrier();
  }
}
