// Turns a kernel's WGSL file, its parts and a typed spec into the text that is compiled.

import { KernelSpecError } from '@vulpes/tensor-core';
import { unroll } from './unroll.ts';

/** Values for the `@spec` block: numbers and booleans for `const`, strings for `alias`. */
export type KernelSpec = Readonly<Record<string, number | boolean | string>>;

/** A value of an alias that names the type f16. */
const NAMES_F16 = /\bf16\b/;
/** Lines that WGSL wants before any declaration. */
const DIRECTIVE = /^[ \t]*((?:enable|requires|diagnostic)\b[^;]*;).*\n?/gm;
const SPEC_BLOCK = /^\/\/ @spec\n([\s\S]*?)^\/\/ @end-spec$/m;
const CONST_LINE = /^const (\w+): (u32|i32|f32|bool) = [^;]+;(.*)$/;
const ALIAS_LINE = /^alias (\w+) = [^;]+;(.*)$/;

/** Names that the file's `@spec` block declares. */
export const listSpecNames = (source: string): string[] =>
  [...(SPEC_BLOCK.exec(source)?.[1] ?? '').matchAll(/^(?:const|alias) (\w+)/gm)].map(
    ([, name]) => name as string,
  );

/**
 * Directives (`enable`, `requires`, `diagnostic`) of all texts, library parts, then the file with its `@spec` block's values replaced.
 * An alias that names f16 enables it. Loops marked `// @unroll` are written out.
 * @throws KernelSpecError where the names of spec and block differ or a value does not fit its type.
 */
export function assemble(
  name: string,
  source: string,
  spec: KernelSpec,
  parts: readonly string[] = [],
): string {
  const block = SPEC_BLOCK.exec(source)?.[1];
  const lines = (block ?? '')
    .split('\n')
    .filter((line) => line.trim() && !line.trim().startsWith('//'));
  const declared = new Set<string>();
  const replaced = lines.map((line) => replaceLine(name, line, spec, declared));
  const unknown = Object.keys(spec).filter((key) => !declared.has(key));
  if (unknown.length) {
    throw new KernelSpecError(
      `${name}: expected spec names ${[...declared].join(', ') || '(none)'}, got also ${unknown.join(', ')}. Declare them in the @spec block.`,
    );
  }
  const body = block === undefined ? source : source.replace(SPEC_BLOCK, () => replaced.join('\n'));
  const usesHalf = Object.values(spec).some((value) => NAMES_F16.test(String(value)));
  const directives = usesHalf ? ['enable f16;'] : [];
  return unroll(name, hoistDirectives([...directives, ...parts, body].join('\n')));
}

function hoistDirectives(wgsl: string): string {
  const directives = new Set([...wgsl.matchAll(DIRECTIVE)].map(([, directive]) => directive));
  if (directives.size === 0) return wgsl;
  return [...directives, wgsl.replace(DIRECTIVE, '')].join('\n');
}

function replaceLine(name: string, line: string, spec: KernelSpec, declared: Set<string>): string {
  const constant = CONST_LINE.exec(line);
  const alias = ALIAS_LINE.exec(line);
  const key = constant?.[1] ?? alias?.[1];
  if (!key) throw new KernelSpecError(`${name}: cannot read the @spec line '${line}'`);
  declared.add(key);
  const value = spec[key];
  if (value === undefined) {
    throw new KernelSpecError(`${name}: expected a value for ${key} in the spec, got none.`);
  }
  if (constant)
    return `const ${key}: ${constant[2]} = ${literal(name, key, constant[2] as string, value)};`;
  return `alias ${key} = ${value};`;
}

function literal(
  name: string,
  key: string,
  type: string,
  value: number | boolean | string,
): string {
  if (type === 'bool' && typeof value === 'boolean') return String(value);
  if (typeof value === 'number') {
    if (type === 'u32' && Number.isInteger(value) && value >= 0) return `${value}u`;
    if (type === 'i32' && Number.isInteger(value)) return `${value}i`;
    if (type === 'f32' && Number.isFinite(value))
      return Number.isInteger(value) ? `${value}.0` : `${value}`;
  }
  throw new KernelSpecError(`${name}: expected a ${type} for ${key}, got ${value}.`);
}
