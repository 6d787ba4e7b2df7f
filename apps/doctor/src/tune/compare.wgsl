// parts[w] = (largest |x - y|, sum of y²) of the elements that workgroup w walks; a NaN in x or y counts as 1e30.
// grid  512 workgroups
// x, y  [size] Stored     parts  f32 [512, 2]

// @spec
alias Stored = f32; // or f16
// @end-spec

struct Params {
  size: u32,
}

@group(0) @binding(0) var<storage, read> x: array<Stored>;
@group(0) @binding(1) var<storage, read> y: array<Stored>;
@group(0) @binding(2) var<storage, read_write> parts: array<vec2f>;
@group(0) @binding(3) var<uniform> params: Params;

var<workgroup> t_parts: array<vec2f, 256>;

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) lane: u32) {
  var part = vec2f();
  for (var i = workgroup.x * 256u + lane; i < params.size; i += 512u * 256u) {
    let expected = f32(y[i]);
    let distance = abs(f32(x[i]) - expected);
    part.x = max(part.x, select(1e30, distance, distance < 1e30));
    part.y += expected * expected;
  }
  t_parts[lane] = part;
  workgroupBarrier();
  if (lane > 0u) { return; }
  for (var i = 1u; i < 256u; i++) {
    part = vec2f(max(part.x, t_parts[i].x), part.y + t_parts[i].y);
  }
  parts[workgroup.x] = part;
}
