// Ctrl-C and SIGTERM: the first asks for an orderly end, a second one ends the process at once.

/** npm passes a Ctrl-C on to us although the terminal has sent it already: the echo comes within this time. */
const ECHO_MS = 400;

export interface StopRequest {
  readonly signal: AbortSignal;
  /** Gives the signals back to Node. */
  release(): void;
}

/** @param onRequest - told once, when the first signal comes */
export function stopOnSignals(onRequest: () => void): StopRequest {
  const controller = new AbortController();
  let firstAt = 0;
  const onSignal = (name: NodeJS.Signals) => {
    if (!controller.signal.aborted) {
      firstAt = performance.now();
      controller.abort();
      onRequest();
    } else if (performance.now() - firstAt > ECHO_MS) {
      release();
      // Not process.exit: its clean-up crashes in the driver while work is in flight.
      process.kill(process.pid, name);
    }
  };
  const signals = ['SIGINT', 'SIGTERM'] as const;
  const release = () => {
    for (const name of signals) process.off(name, onSignal);
  };
  for (const name of signals) process.on(name, onSignal);
  return { signal: controller.signal, release };
}
