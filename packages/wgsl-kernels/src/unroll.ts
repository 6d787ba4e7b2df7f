// Writes loops out: subgroup matrices live in registers only while every index into an array of them is a literal.

import { KernelSpecError } from '@vulpes/tensor-core';

/** `for (var d = 0u; d < COUNT; d++) { // @unroll`, its closing brace on a line of its own with the same indent. */
const HEAD = /^([ \t]*)for \(var (\w+) = 0u; \2 < (\w+); \2\+\+\) \{ \/\/ @unroll$/m;
const MARK = /\/\/ @unroll$/m;

/**
 * Replaces each loop marked `// @unroll` by its body once per turn, each in a block, the counter as a literal.
 * COUNT is a literal or a constant that is declared with a literal. Without the mark the text would mean the same.
 * @throws KernelSpecError where a marked loop has another form
 */
export function unroll(name: string, wgsl: string): string {
  let text = wgsl;
  for (let head = HEAD.exec(text); head; head = HEAD.exec(text)) {
    const [line, indent = '', counter = '', count = ''] = head;
    const start = head.index + line.length + 1;
    const close = text.indexOf(`\n${indent}}\n`, start - 1);
    if (close < 0) throw new KernelSpecError(`${name}: no end of the loop '${line.trim()}'.`);
    const body = text.slice(start, close + 1);
    const uses = new RegExp(`\\b${counter}\\b`, 'g');
    const turns = Array.from({ length: readCount(name, wgsl, count) }, (_, turn) => {
      return `${indent}{\n${body.replace(uses, `${turn}u`)}${indent}}\n`;
    });
    text = text.slice(0, head.index) + turns.join('') + text.slice(close + indent.length + 3);
  }
  const other = MARK.exec(text);
  if (!other) return text;
  const line = text.slice(text.lastIndexOf('\n', other.index) + 1, other.index).trim();
  throw new KernelSpecError(
    `${name}: expected a loop to unroll such as 'for (var d = 0u; d < COUNT; d++) {', got '${line}'.`,
  );
}

function readCount(name: string, wgsl: string, count: string): number {
  const literal = new RegExp(`^const ${count}(?:: u32)? = (\\d+)u;`, 'm').exec(wgsl)?.[1] ?? count;
  const turns = Number(literal.replace(/u$/, ''));
  if (Number.isInteger(turns)) return turns;
  throw new KernelSpecError(
    `${name}: expected the turns of an unrolled loop to be a literal or a constant declared with one, got '${count}'.`,
  );
}
