// group-sums.tiled: sums over the threads of a workgroup, by a tree in workgroup memory.
// Needs `const WG_SIZE`, a power of two, and `const SUMS`, how many sums there are. 4 * SUMS * WG_SIZE bytes.

var<workgroup> t_sums: array<f32, SUMS * WG_SIZE>; // [SUMS, WG_SIZE]

// Every thread of the workgroup must call it, once; each gets all sums.
fn group_sums(lane: u32, p: array<f32, SUMS>) -> array<f32, SUMS> {
  var sums = p;
  for (var i = 0u; i < SUMS; i++) { t_sums[i * WG_SIZE + lane] = sums[i]; }
  for (var stride = WG_SIZE / 2u; stride > 0u; stride /= 2u) {
    workgroupBarrier();
    if (lane < stride) {
      for (var i = 0u; i < SUMS; i++) {
        t_sums[i * WG_SIZE + lane] += t_sums[i * WG_SIZE + lane + stride];
      }
    }
  }
  workgroupBarrier();
  for (var i = 0u; i < SUMS; i++) { sums[i] = t_sums[i * WG_SIZE]; }
  return sums;
}
