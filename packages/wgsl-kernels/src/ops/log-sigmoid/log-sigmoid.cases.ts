// Sizes that the log-sigmoid kernels are tested and timed at.

export const logSigmoidCases = [1, 63, 64, 65, 111, 4096].map((count) => ({
  id: `N${count}`,
  count,
}));
