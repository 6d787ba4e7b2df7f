// A configuration as YAML, and as lines for a terminal.

import { configSections, type RunConfig } from '@vulpes/training';
import { Document, isCollection, isMap, isScalar, type Pair } from 'yaml';
import { fieldHelp } from './field-help.ts';

/** The text of a configuration file. @param options - help: say behind each field what it is */
export function formatConfig(config: RunConfig, { help = false } = {}): string {
  const document = new Document(config);
  for (const section of configSections) {
    const map = document.get(section);
    if (!isMap(map)) continue;
    const words: Readonly<Record<string, string>> = fieldHelp[section];
    for (const { key, value } of map.items as Pair[]) {
      if (!isScalar(key) || !(isScalar(value) || isCollection(value))) continue;
      if (isCollection(value)) value.flow = true;
      if (help) value.comment = ` ${words[String(key.value)]}`;
    }
  }
  return document.toString({ lineWidth: 0, flowCollectionPadding: false });
}

const LINE_LENGTH = 110;

/** `  training: steps 400, contextLength 256, …`, broken into lines. */
export const configLines = (config: RunConfig): string[] =>
  configSections.flatMap((section) => {
    const fields = Object.entries(config[section]).map(
      ([name, value]) => `${name} ${typeof value === 'string' ? value : JSON.stringify(value)}`,
    );
    return wrap(`  ${`${section}:`.padEnd(10)}`, fields);
  });

/** @param head - before the first line; spaces as long before the others */
function wrap(head: string, parts: readonly string[]): string[] {
  const lines: string[] = [];
  let line = head;
  parts.forEach((part, index) => {
    const text = index < parts.length - 1 ? `${part},` : part;
    if (line.length + text.length >= LINE_LENGTH && line.trim() !== '') {
      lines.push(line);
      line = ' '.repeat(head.length);
    }
    line += ` ${text}`;
  });
  return [...lines, line];
}
