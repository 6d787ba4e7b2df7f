export { broadcastRows } from './broadcast-rows.op.ts';
