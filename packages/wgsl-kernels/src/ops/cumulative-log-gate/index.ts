export { logLambdaValues } from './cumulative-log-gate.reference.ts';
export { cumulativeLogGate, reverseCumsum } from './cumulative-log-gate.ts';
