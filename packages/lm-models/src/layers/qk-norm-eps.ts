// The epsilon of QK-norm, which the official layer leaves at its norm's default instead of taking `norm_eps`.

export const QK_NORM_EPS = 1e-5;
