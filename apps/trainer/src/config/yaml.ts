// YAML to plain values, with errors of one short line.

import { UsageError } from '@vulpes/cli-kit';
import { parse, YAMLError } from 'yaml';

/**
 * @param source - the file or the key, for messages
 * @throws UsageError with line and column
 */
export function parseYaml(text: string, source: string): unknown {
  try {
    const value: unknown = parse(text, { logLevel: 'error' });
    JSON.stringify(value); // an alias may lie within its own anchor
    return value;
  } catch (error) {
    // The lines behind the first show the text.
    const [first = ''] = (error as Error).message.split('\n');
    const reason = error instanceof YAMLError ? first.replace(/[:.]$/, '') : 'it contains itself';
    throw new UsageError(`${source}: expected YAML, got a mistake: ${reason.slice(0, 200)}.`, {
      cause: error,
    });
  }
}
