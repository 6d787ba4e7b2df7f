export { sumRows } from './sum-rows.ts';
