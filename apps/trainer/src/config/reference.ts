// The reference of the configuration, in Markdown: each field, what it accepts, its value in the default preset, what it is.

import {
  type ConfigSection,
  configFields,
  configSections,
  describeField,
  resolveConfig,
  runPresets,
} from '@vulpes/training';
import { fieldHelp } from './field-help.ts';

const sectionNotes: Readonly<Record<ConfigSection, string>> = {
  model:
    'The fields of the official `config.json`, in camel case. `model.preset` names a model to begin with, in place of that of the run preset.',
  data: 'The text.',
  training: 'The recipe.',
  evaluation: 'What `trainer eval` measures.',
};

/** The text of docs/trainer-config.md. */
export function referenceText(): string {
  const sections = configSections.flatMap((section) => [
    `## ${section}`,
    sectionNotes[section],
    table(section),
  ]);
  return `${['# The configuration of a run', INTRODUCTION, ...sections, '## Presets', presets()].join('\n\n')}\n`;
}

const INTRODUCTION =
  'Generated from the schema; how it is used: [trainer.md](trainer.md). Values in the third column are those of the preset `default`.';

function table(section: ConfigSection): string {
  const values: Readonly<Record<string, unknown>> = resolveConfig([])[section];
  const help: Readonly<Record<string, string>> = fieldHelp[section];
  const rows = Object.entries(configFields[section])
    .filter(([name]) => Object.hasOwn(values, name))
    .map(([name, field]) => {
      const value = JSON.stringify(values[name]).replaceAll('"', '');
      return `| \`${name}\` | ${describeField(field)} | ${value} | ${help[name]} |`;
    });
  return ['| field | accepts | default | what it is |', '| --- | --- | --- | --- |', ...rows].join(
    '\n',
  );
}

const presets = (): string =>
  [
    '| preset | what it is |',
    '| --- | --- |',
    ...Object.entries(runPresets).map(([name, { summary }]) => `| \`${name}\` | ${summary} |`),
  ].join('\n');
