// Checking a configuration: the fields by the schema, then the combinations that the official model does not allow.

import { ArgumentError, describeValue, shorten, UnsupportedError } from '@vulpes/tensor-core';
import * as v from 'valibot';
import { configSchema, type FoxConfig } from './config.ts';

/** HEAD_DIM values the attention kernels are made for. */
const HEAD_DIMS = [16, 32, 64, 128];

/**
 * Returns the configuration if it can be built.
 * @throws ArgumentError where a field has a wrong value, UnsupportedError where it asks for what is not there.
 */
export function validateConfig(config: FoxConfig): FoxConfig {
  checkFields(config);
  checkHeads(config);
  checkGates(config);
  checkSupported(config);
  return config;
}

function checkFields(config: FoxConfig): void {
  const { issues } = v.safeParse(configSchema, config, { abortEarly: true });
  const [issue] = issues ?? [];
  if (!issue) return;
  const { key: name, value } = issue.path?.[0] ?? { key: 'fields', value: config };
  const fields: Readonly<Record<string, v.GenericSchema>> = configSchema.entries;
  const field = Object.hasOwn(fields, String(name)) ? fields[String(name)] : undefined;
  if (field) {
    throw new ArgumentError(
      `config: expected ${name} to be ${v.getDescription(field)}, got ${describeValue(value)}.`,
    );
  }
  const known = Object.keys(fields).join(', ');
  throw new ArgumentError(
    `config: unknown field ${shorten(String(name))}. Known fields: ${known}.`,
  );
}

function checkHeads({ hiddenSize, numHeads, numKvHeads }: FoxConfig): void {
  if (numKvHeads !== null && numHeads % numKvHeads !== 0) {
    throw new ArgumentError(
      `config: expected numKvHeads to divide numHeads ${numHeads}, got ${numKvHeads}. Each key head serves equally many query heads.`,
    );
  }
  const headDim = hiddenSize / numHeads;
  if (HEAD_DIMS.includes(headDim)) return;
  throw new ArgumentError(
    `config: expected hiddenSize / numHeads to be one of ${HEAD_DIMS.join(', ')}, got ${hiddenSize} / ${numHeads} = ${headDim}. Change the number of heads.`,
  );
}

/** The assertions of the official attention layer. */
function checkGates(config: FoxConfig): void {
  const { fgateType, fgateBiasInit, decayTimeMin, decayTimeMax } = config;
  if (fgateBiasInit && (fgateType === 'full' || fgateType === 'none')) {
    throw new ArgumentError(
      `config: expected fgateType "bias_only" or "fixed" with fgateBiasInit, got "${fgateType}".`,
    );
  }
  if (fgateType === 'fixed' && !fgateBiasInit) {
    throw new ArgumentError('config: expected fgateBiasInit with fgateType "fixed", got false.');
  }
  const given = [decayTimeMin, decayTimeMax].filter((time) => time !== null).length;
  if (given !== (fgateBiasInit ? 2 : 0)) {
    throw new ArgumentError(
      `config: expected decayTimeMin and decayTimeMax ${fgateBiasInit ? 'with' : 'to be null without'} fgateBiasInit, got ${decayTimeMin} and ${decayTimeMax}.`,
    );
  }
  if (config.fgateDecayTimes !== null && fgateType !== 'full') {
    throw new ArgumentError(
      `config: expected fgateType "full" with fgateDecayTimes, got "${fgateType}". Others have fgateBiasInit.`,
    );
  }
  if (config.useOutputNorm && config.useOutputGate && config.ogateAct !== 'sigmoid') {
    throw new ArgumentError(
      `config: expected ogateAct "sigmoid" with useOutputNorm, got "${config.ogateAct}".`,
    );
  }
}

function checkSupported(config: FoxConfig): void {
  const limits: readonly (readonly [unsupported: boolean, message: string])[] = [
    [config.hiddenAct !== 'swish', `hiddenAct "${config.hiddenAct}"; use "swish"`],
    [config.attentionBias, 'attentionBias; the official model has no such biases either'],
    [!config.elementwiseAffine, 'norms without weights (elementwiseAffine false)'],
  ];
  for (const [unsupported, message] of limits) {
    if (unsupported) throw new UnsupportedError(`config: not supported: ${message}.`);
  }
}
