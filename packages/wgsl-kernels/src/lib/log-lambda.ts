// log-lambda.wgsl for other packages, as a typed constant: declaration bundling cannot re-export a text file.

import source from './log-lambda.wgsl';

/** WGSL part with `log_lambda_difference(a, b)`, for kernels that read `logLambda`. */
export const logLambdaWgsl: string = source;
