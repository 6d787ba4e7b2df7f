// While Dawn waits, its binding for Node asks without a pause, by setImmediate, whether work has ended. Beside a software adapter that
// takes a core from those who do the work; there it asks once a millisecond.

const POLL_MS = 1;

type Callback = (...args: unknown[]) => void;
type Timers = Pick<typeof globalThis, 'setImmediate' | 'setTimeout'>;

/** The binding's callback is native code without a name; a bound function is native, too, but has one. */
export const isOfBinding = (callback: Callback): boolean =>
  callback.name === '' && Function.prototype.toString.call(callback).endsWith('{ [native code] }');

/** A `setImmediate` that waits a millisecond before it calls the binding; callbacks of JavaScript pass as before. */
export function makeCalm({ setImmediate, setTimeout }: Timers): typeof setImmediate {
  const calm = (callback: Callback, ...args: unknown[]) =>
    isOfBinding(callback) ? setTimeout(callback, POLL_MS) : setImmediate(callback, ...args);
  // With what belongs to it: its form for `promisify`.
  return Object.assign(calm, setImmediate) as typeof setImmediate;
}

let isCalm = false;

/** For the life of the process. The binding takes `setImmediate` from the global object each time that it asks. */
export function calmPolling(): void {
  if (!isCalm) globalThis.setImmediate = makeCalm(globalThis);
  isCalm = true;
}
