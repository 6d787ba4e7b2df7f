// group-sums.subgroup: sums over the threads of a workgroup that is one subgroup; no barrier, no workgroup memory.
// Needs `const SUMS`, how many sums there are.

enable subgroups;

// Every thread of the workgroup must call it; each gets all sums.
fn group_sums(lane: u32, p: array<f32, SUMS>) -> array<f32, SUMS> {
  var sums = p;
  for (var i = 0u; i < SUMS; i++) { sums[i] = subgroupAdd(sums[i]); }
  return sums;
}
