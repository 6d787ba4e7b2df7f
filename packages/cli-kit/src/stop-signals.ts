// Ctrl-C, SIGTERM and a closed terminal.

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** npm sends a Ctrl-C a second time, within this time of the terminal's own. */
const ECHO_MS = 400;

export interface StopRequest {
  readonly signal: AbortSignal;
  /** Signals have their usual effect again. */
  release(): void;
}

/**
 * An orderly stop: the first signal aborts `signal`, a second one ends the process at once.
 * @param onRequest - called at the first signal
 */
export function abortOnSignal(onRequest: (name: NodeJS.Signals) => void): StopRequest {
  const controller = new AbortController();
  let firstAt = 0;
  const release = listen((name) => {
    if (!controller.signal.aborted) {
      firstAt = performance.now();
      controller.abort();
      onRequest(name);
    } else if (performance.now() - firstAt > ECHO_MS) {
      release();
      endBySignal(name);
    }
  });
  return { signal: controller.signal, release };
}

/**
 * An immediate stop: the first signal ends the process.
 * @param beforeEnd - called first; must not be async
 * @returns signals have their usual effect again
 */
export function endOnSignal(beforeEnd: (name: NodeJS.Signals) => void): () => void {
  const release = listen((name) => {
    release();
    beforeEnd(name);
    endBySignal(name);
  });
  return release;
}

/** Not process.exit: its clean-up crashes in the driver while work is in flight. */
const endBySignal = (name: NodeJS.Signals): void => void process.kill(process.pid, name);

function listen(handler: (name: NodeJS.Signals) => void): () => void {
  for (const name of SIGNALS) process.on(name, handler);
  return () => {
    for (const name of SIGNALS) process.off(name, handler);
  };
}
