export { cast, castInto } from './cast.op.ts';
