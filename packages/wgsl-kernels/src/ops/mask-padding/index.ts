export { maskPadding } from './mask-padding.op.ts';
