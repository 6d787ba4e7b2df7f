// `config.json` of a Hugging Face folder to and from FoxConfig.

import { CheckpointError, describeValue, FoxError, parseJson } from '@vulpes/tensor-core';
import type { FoxConfig } from './config.ts';
import { officialDefaults } from './make-config.ts';
import { validateConfig } from './validate-config.ts';

/** `model_type` of the official class. */
export const MODEL_TYPE = 'forgetting_transformer-project_fox';

const snakeCase = (name: string): string =>
  name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

/**
 * Reads the text of a `config.json`. Fields it lacks take the official defaults (so pruning stays off unless asked for);
 * fields of the transformers library that describe no model (`transformers_version`, `architectures`, …) are passed over.
 * @throws CheckpointError naming the file and the field.
 */
export function foxConfigFromJson(text: string, source = 'config.json'): FoxConfig {
  const json = parseObject(text, source);
  const modelType = json.model_type;
  if (modelType !== undefined && modelType !== MODEL_TYPE) {
    throw new CheckpointError(
      `${source}: expected model_type "${MODEL_TYPE}", got ${describeValue(modelType)}. Only Forgetting Transformers can be read.`,
    );
  }
  const fields = Object.entries(officialDefaults).map(([name, value]) => {
    const key = snakeCase(name);
    return [name, Object.hasOwn(json, key) ? json[key] : value];
  });
  try {
    return validateConfig(Object.fromEntries(fields) as FoxConfig);
  } catch (cause) {
    if (!FoxError.isInstance(cause)) throw cause;
    throw new CheckpointError(`${source}: ${cause.message}`, { cause });
  }
}

/** The text of a `config.json` that the official class reads: sorted keys, two spaces, final newline. */
export function foxConfigToJson(config: FoxConfig): string {
  const { pruningMode, fgateDecayTimes, ...official } = config;
  const ours = {
    ...(pruningMode !== officialDefaults.pruningMode && { pruningMode }),
    ...(fgateDecayTimes && { fgateDecayTimes }),
  };
  const fields = Object.entries({ ...official, ...ours }).map(([name, value]) => [
    snakeCase(name),
    value,
  ]);
  const extra = [
    ['architectures', ['ForgettingTransformerForCausalLM']],
    ['model_type', MODEL_TYPE],
  ];
  const sorted = [...fields, ...extra].sort(([a], [b]) => (String(a) < String(b) ? -1 : 1));
  return `${JSON.stringify(Object.fromEntries(sorted), null, 2)}\n`;
}

function parseObject(text: string, source: string): Record<string, unknown> {
  const value = parseJson(text, source);
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    return value as Record<string, unknown>;
  }
  throw new CheckpointError(`${source}: expected a JSON object, got ${describeValue(value)}.`);
}
