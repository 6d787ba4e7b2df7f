export { cumulativeLogGate, reverseCumsum } from './cumulative-log-gate.ts';
