// log-lambda.wgsl for other packages, as a typed constant: declaration bundling cannot re-export a text file.

import source from './log-lambda.wgsl';

/** WGSL part with `decay_bias(row, key_decay(a, b, c, d))`: differences in nats, for kernels that read `logLambda`. */
export const logLambdaWgsl: string = source;
