// place: which head and batch a workgroup works on.

struct Place { head: u32, batch: u32, batches: u32 }

// Grid (heads side by side, tiles, batches and the rest of the heads): a few heads take turns, tile by tile, so that the
// workgroups that run at a time differ in work yet share keys in the cache.
fn head_of(wg: vec3u, grid: vec3u, heads: u32) -> Place {
  let turns = heads / grid.x;
  return Place(wg.z % turns * grid.x + wg.x, wg.z / turns, grid.z / turns);
}
