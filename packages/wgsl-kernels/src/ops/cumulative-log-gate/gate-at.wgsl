// gate-at: the gates of a scan, and where its sum starts.
// Needs fixed-gate.wgsl, visibility-starts.wgsl, the bindings log_fgate and initial, and `params` of the scans.

fn gate_at(i_batch: u32, i_head: u32, t: u32) -> GateSum {
  if (starts_anew(i_batch, params.offset + t)) {
    return GateSum(0, 0u, 0u);
  }
  return gate_from_f32(log_fgate[(i_batch * params.seq_len + t) * params.num_heads + i_head]);
}

fn sum_at_start(i_batch: u32, i_head: u32) -> GateSum {
  if (params.has_initial == 0u) {
    return GateSum(0, 0u, 0u);
  }
  return sum_from_log_lambda(initial[i_batch * params.num_heads + i_head]);
}
