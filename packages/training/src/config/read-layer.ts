// Values of unknown shape to a layer of a configuration: what does not fit is named, with what was expected and the nearest key.

import { ArgumentError, describeValue } from '@vulpes/tensor-core';
import * as v from 'valibot';
import { findNearest } from './nearest.ts';
import {
  type ConfigLayer,
  type ConfigSection,
  configFields,
  configSections,
  describeField,
  layerSchema,
} from './run-config.ts';

/**
 * @param source - where the value is from, for messages, such as the file's name
 * @throws ArgumentError naming the path
 */
export function readLayer(value: unknown, source: string): ConfigLayer {
  const result = v.safeParse(layerSchema, withoutLists(value), { abortEarly: true });
  if (result.success) return result.output;
  throw new ArgumentError(`${source}: ${describe(result.issues[0])}`);
}

/** The schema takes a list for an object without keys. A text in its place is refused. */
function withoutLists(value: unknown): unknown {
  const refused = (part: unknown) => (Array.isArray(part) ? `a list of ${part.length}` : part);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return refused(value);
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, refused(part)]));
}

function describe(issue: v.BaseIssue<unknown>): string {
  // A place in a list is shown as the whole list.
  const items = (issue.path ?? []).slice(0, 2);
  const path = items.map(({ key }) => String(key));
  const got = describeValue(items.length === 0 ? issue.input : items.at(-1)?.value);
  if (path.length === 0) {
    return `expected the sections ${listOf(configSections)}, got ${got}.`;
  }
  if (issue.expected === 'never') return describeUnknown(path);
  return `expected ${path.join('.')} to be ${getExpected(path, issue)}, got ${got}.`;
}

function getExpected([section = '', name]: readonly string[], issue: v.BaseIssue<unknown>): string {
  if (name === undefined) return section === 'preset' ? issue.message : 'keys with values';
  const fields = isSection(section) ? configFields[section] : {};
  const field = Object.hasOwn(fields, name) ? fields[name] : undefined;
  return field ? describeField(field) : issue.message;
}

function describeUnknown(path: readonly string[]): string {
  const known = configSections.flatMap((section) =>
    Object.keys(configFields[section]).map((name) => `${section}.${name}`),
  );
  const word = excerptOfKey(path.join('.'));
  const nearest = findNearest(path.join('.'), [...configSections, 'preset', ...known]);
  if (nearest) return `unknown key ${word}. Did you mean ${nearest}?`;
  const [section = ''] = path;
  return isSection(section)
    ? `unknown key ${word}. Keys of ${section}: ${Object.keys(configFields[section]).join(', ')}.`
    : `unknown key ${word}. A configuration has preset, ${listOf(configSections)}.`;
}

const isSection = (name: string): name is ConfigSection =>
  (configSections as readonly string[]).includes(name);

const listOf = (words: readonly string[]): string =>
  `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`;

const excerptOfKey = (key: string): string =>
  /^[\w.-]{1,40}$/.test(key) ? key : describeValue(key);
