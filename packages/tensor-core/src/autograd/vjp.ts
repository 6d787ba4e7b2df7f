// vjp: runs a function and keeps the way back, from a gradient of its output to gradients of its parameters.

import type { Device, Tensor } from '../api.ts';
import {
  ArgumentError,
  DTypeError,
  NoGradientError,
  ShapeError,
  UnsupportedError,
} from '../errors.ts';
import { adopt, getInternals } from '../internals.ts';
import { formatShape, sameShape } from '../shape.ts';
import { aliasTensor, isTensor } from '../tensor.ts';
import { disposeAll } from '../tree.ts';
import { Tape } from './tape.ts';

export type TensorRecord = Readonly<Record<string, Tensor>>;

/** Gradient of an output: a tensor for a tensor; for a record, one or more of its tensors by name. */
export type Cotangent<Output> = Output extends Tensor
  ? Tensor
  : { readonly [K in keyof Output as Output[K] extends Tensor ? K : never]?: Tensor };

export interface GradientOptions<P> {
  /** f32 tensors that receive the gradients, by the names of the parameters; in their shapes. Default: new ones. */
  readonly into?: { readonly [K in keyof P]: Tensor } | undefined;
}

export interface Vjp<P, Output> extends Disposable {
  readonly output: Output;
  /**
   * Gradients of the parameters, f32 also where a parameter is f16, zeros where the output does not depend on one; they belong to the scope that is open.
   * Call it once: it frees what was saved for it.
   * @param dOutput - same shape as the output
   * @throws ShapeError DTypeError ArgumentError. @throws NoGradientError where the output depends on no parameter.
   */
  pullback(dOutput: Cotangent<Output>): Record<keyof P, Tensor>;
  /** Frees what was saved, where `pullback` is not called. Calling it twice is harmless. */
  dispose(): void;
}

/**
 * Runs a function of tensors and returns its output and its pullback (vector–Jacobian product).
 * @param body - returns a tensor or a record of tensors; what else it makes is freed
 * @param params - f32 or f16
 * @example
 * using run = vjp(device, ({ x, w }) => linear(x, w), { x, w });
 * const { x: dx, w: dw } = run.pullback(dy);
 * @throws UnsupportedError inside another gradient. @throws DTypeError for integer parameters.
 */
export function vjp<P extends TensorRecord, Output>(
  device: Device,
  body: (params: P) => Output,
  params: P,
  { into }: GradientOptions<P> = {},
): Vjp<P, Output> {
  assertFloats(params);
  const tape = new Tape(device, Object.values(params), toTargets(params, into));
  const output = recordOn(device, tape, () => body(params));
  let isUsed = false;
  const dispose = () => {
    isUsed = true;
    tape.dispose();
  };
  const pullback = (dOutput: Cotangent<Output>) => {
    assertNotRecording(device, 'pullback');
    if (isUsed) throw new ArgumentError('pullback: expected one call, got another. Run vjp again.');
    const seeds = seedsOf(tape, output, dOutput);
    try {
      return device.scope(() => nameGradients(device, { params, into }, tape.backward(seeds)));
    } finally {
      dispose();
    }
  };
  return { output, pullback, dispose, [Symbol.dispose]: dispose };
}

/** Runs the body in a scope, so that what backward does not need is free before backward starts. */
function recordOn<R>(device: Device, tape: Tape, body: () => R): R {
  assertNotRecording(device, 'vjp');
  const internals = getInternals(device);
  internals.recording = tape;
  try {
    return device.scope(body);
  } catch (error) {
    tape.dispose();
    throw error;
  } finally {
    internals.recording = null;
  }
}

function seedsOf<Output>(tape: Tape, output: Output, dOutput: Cotangent<Output>) {
  const pairs: [unknown, unknown][] = isTensor(output)
    ? [[output, dOutput]]
    : Object.entries(dOutput).map(([name, gradient]) => [
        (output as Record<string, unknown>)[name],
        gradient,
      ]);
  return pairs.map(([of, gradient]) => {
    if (!(isTensor(of) && isTensor(gradient))) {
      throw new ArgumentError('pullback: expected gradients of tensors of the output, by name.');
    }
    assertSeed(tape, of, gradient);
    return { of, gradient };
  });
}

function assertSeed(tape: Tape, of: Tensor, gradient: Tensor): void {
  const name = `'${of.label}' ${of.dtype}${formatShape(of.shape)}`;
  if (!tape.tracks(of)) {
    throw new NoGradientError(
      `gradient of ${name}: expected it to depend on a parameter, but it depends on none. Look for stopGradient, or for data() and a new tensor, on the way to it.`,
    );
  }
  if (gradient.dtype !== of.dtype) {
    throw new DTypeError(`pullback: expected the gradient of ${name}, got ${gradient.dtype}.`);
  }
  if (sameShape(gradient.shape, of.shape)) return;
  throw new ShapeError(
    `pullback: expected the gradient of ${name} in its shape, got ${formatShape(gradient.shape)}.`,
  );
}

/** By id of a parameter, where its gradient goes. @throws ShapeError ArgumentError */
function toTargets<P extends TensorRecord>(
  params: P,
  into: TensorRecord | undefined,
): Map<number, Tensor> {
  const targets = new Map<number, Tensor>();
  if (!into) return targets;
  for (const [name, { id, shape }] of Object.entries(params)) {
    const target = into[name];
    if (!target)
      throw new ArgumentError(
        `vjp: expected a tensor for the gradient of ${name} in into, got none.`,
      );
    if (!sameShape(target.shape, shape) || target.dtype !== 'f32') {
      throw new ShapeError(
        `vjp: expected a tensor f32${formatShape(shape)} for the gradient of ${name}, got ${target.dtype}${formatShape(target.shape)}.`,
      );
    }
    if (targets.has(id)) {
      throw new ArgumentError(
        `vjp: expected each parameter once where gradients go into given tensors, got ${name} a second time under another name.`,
      );
    }
    targets.set(id, target);
  }
  return targets;
}

function nameGradients<P extends TensorRecord>(
  device: Device,
  { params, into }: { readonly params: P; readonly into: TensorRecord | undefined },
  gradients: Map<number, Tensor>,
): Record<keyof P, Tensor> {
  const makeZeros = (name: string, { shape }: Tensor): Tensor => {
    const target = into?.[name];
    if (!target) return device.zeros(shape, { label: `d ${name}` });
    device.fillZero(target);
    return adopt(aliasTensor(target));
  };
  const named = Object.entries(params).map(([name, param]) => {
    const gradient = gradients.get(param.id);
    gradients.delete(param.id);
    return [name, gradient ? adopt(gradient) : makeZeros(name, param)];
  });
  disposeAll([...gradients.values()]);
  return Object.fromEntries(named) as Record<keyof P, Tensor>;
}

function assertNotRecording(device: Device, what: string): void {
  if (!getInternals(device).recording) return;
  throw new UnsupportedError(
    `${what}: expected no gradient to be recorded around it, got a call inside the function of another valueAndGrad or vjp. There are first derivatives only: call it outside.`,
  );
}

function assertFloats(params: TensorRecord): void {
  for (const [name, { dtype, shape }] of Object.entries(params)) {
    if (dtype === 'f32' || dtype === 'f16') continue;
    throw new DTypeError(
      `vjp: expected parameter ${name} f32 or f16, got ${dtype}${formatShape(shape)}. Integers have no gradient: use it inside the function without passing it as a parameter.`,
    );
  }
}
