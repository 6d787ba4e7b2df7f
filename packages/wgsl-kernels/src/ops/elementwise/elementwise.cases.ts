// Lengths that the elementwise kernels are tested at: scalar and vec4 paths, a workgroup ± 1.

export const elementwiseCases = [[1], [63], [64], [111], [3, 5, 28], [260]] as const;
