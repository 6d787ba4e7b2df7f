// Threads and memory of a workgroup, from complete WGSL: what the portable limits are checked on.

import { stripComments } from '../contract/parse-contract.ts';

export interface WorkgroupUse {
  readonly threads: number;
  /** Bytes of `var<workgroup>`. */
  readonly bytes: number;
}

type Evaluate = (expression: string) => number;

const CONSTANT = /^const (\w+)(?:\s*:\s*\w+)?\s*=\s*([^;]+);/gm;
const ALIAS = /^alias (\w+)\s*=\s*([^;]+);/gm;
const WORKGROUP = /var<workgroup>\s+\w+\s*:\s*([^;]+);/g;
const ARRAY = /^array<(.+?)(?:,\s*([^,<>]+))?>$/;

/** A number that cannot be found out is NaN, which no limit allows. */
export function measureWorkgroup(wgsl: string): WorkgroupUse {
  const text = stripComments(wgsl);
  const constants = new Map(
    [...text.matchAll(CONSTANT)].map(([, name = '', expression = '']) => [name, expression]),
  );
  const evaluate: Evaluate = (expression) => evaluateConstant(expression, constants);
  const size = /@workgroup_size\(([^)]*)\)/.exec(text)?.[1] ?? '1';
  const sides = size.split(',').filter((side) => side.trim() !== '');
  const aliases = new Map([...text.matchAll(ALIAS)].map(([, name, type]) => [name, type]));
  const resolve = (type: string) => type.replace(/\b\w+\b/g, (word) => aliases.get(word) ?? word);
  const types = [...text.matchAll(WORKGROUP)].map(([, type = '']) => resolve(type.trim()));
  return {
    threads: sides.reduce((product, side) => product * evaluate(side), 1),
    bytes: types.reduce((sum, type) => sum + countBytes(type, evaluate), 0),
  };
}

function countBytes(type: string, evaluate: Evaluate): number {
  const [, element, count] = ARRAY.exec(type) ?? [];
  if (element) return countBytes(element.trim(), evaluate) * evaluate(count ?? '');
  if (/^(f32|u32|i32|bool|atomic<[ui]32>)$/.test(type)) return 4;
  if (type === 'f16') return 2;
  if (/^vec2(f|u|i|<[fui]32>)$/.test(type)) return 8;
  return /^vec[34](f|u|i|<[fui]32>)$/.test(type) ? 16 : Number.NaN;
}

/** The value of numbers, constants in any order, arithmetic and `select`. */
function evaluateConstant(expression: string, constants: ReadonlyMap<string, string>): number {
  const plain = expression
    .replace(/\b(\d+)[ui]\b/g, '$1')
    .replace(/\btrue\b/g, '1')
    .replace(/\bfalse\b/g, '0')
    .replace(/\b[A-Z_][A-Z0-9_]*\b/g, (name) =>
      String(evaluateConstant(constants.get(name) ?? '', constants)),
    );
  if (!/^(?:select|[\d\s().,+*/-])+$/.test(plain)) return Number.NaN;
  const select = (whenFalse: number, whenTrue: number, condition: number) =>
    condition ? whenTrue : whenFalse;
  return Number(new Function('select', `return ${plain};`)(select));
}
