// pages: where a token of a head lies in the pools, and the first key that a row sees.
// Needs `const` HEAD_DIM, HAS_GATE, HAS_FIRST_PAGE, and the bindings and params of a paged attention kernel.

const PAGE_SIZE: u32 = 32u;
const D4: u32 = HEAD_DIM / 4u;

// The page of tokens 32 * column … of the key head that query head h reads; -1 where there is none.
fn page_at(b: u32, h: u32, column: u32) -> i32 {
  let kv_heads = params.num_heads / params.group;
  return table[(b * kv_heads + h / params.group) * params.max_pages + column];
}

// logLambda of token t for query head h, in the page that holds it.
fn lambda_in(page: i32, h: u32, t: u32) -> vec2<i32> {
  if (!HAS_GATE || page < 0) { return vec2<i32>(0); }
  return pool_lambda[(u32(page) * params.group + h % params.group) * PAGE_SIZE + t % PAGE_SIZE];
}

fn lambda_at(b: u32, h: u32, t: u32) -> vec2<i32> {
  return lambda_in(page_at(b, h, t / PAGE_SIZE), h, t);
}

// After padding, after what the head has evicted, within the window.
fn first_key(b: u32, h: u32, position: u32) -> u32 {
  var kept = 0u;
  if (HAS_FIRST_PAGE) { kept = u32(max(first_page[b * params.num_heads + h], 0)) * PAGE_SIZE; }
  let start = u32(state[1u + b]);
  let behind_window = select(0u, position + 1u - params.window, position >= params.window);
  return max(max(start, kept), behind_window);
}
