// Overrides on the command line: `training.steps=500 model.numHeads=4`.

import { UsageError } from '@vulpes/cli-kit';
import { type ConfigLayer, configSections, readLayer } from '@vulpes/training';
import { parseYaml } from './yaml.ts';

const SECTION = new RegExp(`^(${configSections.join('|')})\\.[A-Za-z_-]+=`);

/** Behind `--data a.txt`, commander takes an override for one more file. */
export const isOverride = (text: string): boolean => SECTION.test(text);

/**
 * Each `KEY=VALUE` as a layer, in their order; a value is YAML, such as `4`, `null`, `[2, 64]`, `certified`.
 * @throws UsageError ArgumentError naming the override
 */
export const parseOverrides = (texts: readonly string[]): ConfigLayer[] =>
  texts.map((text) => {
    const { key, value } = splitOverride(text);
    return readLayer(nest(key.split('.'), parseYaml(value, key)), 'command line');
  });

function splitOverride(text: string): { key: string; value: string } {
  const end = text.indexOf('=');
  const key = text.slice(0, Math.max(0, end)).trim();
  const value = text.slice(end + 1);
  if (key === '') {
    throw new UsageError(
      `command line: expected KEY=VALUE, such as training.steps=500, got "${excerpt(text)}". Text to train on is named with --data, a configuration with --config.`,
    );
  }
  if (value.trim() === '') {
    throw new UsageError(
      `command line: expected a value behind ${excerpt(key)}=, got none. Write null for none.`,
    );
  }
  return { key, value };
}

/** [a, b] and 4 -> { a: { b: 4 } } */
const nest = ([first = '', ...rest]: readonly string[], value: unknown): object =>
  Object.fromEntries([[first, rest.length > 0 ? nest(rest, value) : value]]);

const excerpt = (text: string): string => (text.length > 40 ? `${text.slice(0, 40)}…` : text);
