export { cast, castInto, convert } from './cast.op.ts';
