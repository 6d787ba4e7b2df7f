export { logLambdaValues } from './cumulative-log-gate.naive.ts';
export { cumulativeLogGate, reverseCumsum } from './cumulative-log-gate.ts';
