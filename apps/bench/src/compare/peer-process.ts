// A JavaScript peer in a process of its own, on the same adapter: Dawn with our toggles, the same driver.

import { type ChildProcess, fork } from 'node:child_process';
import { createRequire } from 'node:module';
import { delimiter, dirname, join } from 'node:path';
import type { Readable } from 'node:stream';
import { pathToFileURL } from 'node:url';
import { ensureSoftwareAdapter, findSystemVulkan } from '@vulpes/software-adapter';
import { endOf, errorLine } from '../error-line.ts';
import { YardstickError } from './places.ts';
import type { Reply, Request } from './protocol.ts';

const require = createRequire(import.meta.url);

/** The peer's Dawn looks for libvulkan by name: where the system has none, the carried one, as for ours. */
function environment(): NodeJS.ProcessEnv {
  if (process.platform !== 'linux' || findSystemVulkan().loader) return process.env;
  const folders = [process.env.LD_LIBRARY_PATH, dirname(ensureSoftwareAdapter().loader)];
  return { ...process.env, LD_LIBRARY_PATH: folders.filter(Boolean).join(delimiter) };
}

export interface PeerProcess {
  /** Sends a request and waits for its reply. @throws YardstickError for a failed one, a crash, or no reply in time. */
  ask<R extends Reply['type']>(
    request: Request,
    expected: R,
    withinMs: number,
  ): Promise<Extract<Reply, { type: R }>>;
  stop(): void;
}

/** @param folder has `worker.mjs` and the peer's file */
export async function startPeer(
  folder: string,
  peer: string,
  toggles: readonly string[],
): Promise<{ process: PeerProcess; started: Extract<Reply, { type: 'ready' }> }> {
  const child = fork(join(folder, 'worker.mjs'), [], {
    serialization: 'advanced',
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    env: environment(),
    execArgv: [],
  });
  const running = peerProcess(child);
  const webgpu = pathToFileURL(require.resolve('webgpu')).href;
  try {
    const start: Request = { type: 'start', peer, webgpu, toggles };
    return { process: running, started: await running.ask(start, 'ready', 60_000) };
  } catch (cause) {
    running.stop();
    throw cause;
  }
}

function peerProcess(child: ChildProcess): PeerProcess {
  const complaint = endOf(child.stderr as Readable); // its pipe is asked for above
  const isAlive = () => child.exitCode === null && child.signalCode === null && child.connected;
  const stop = () => void child.kill('SIGKILL');
  return {
    stop,
    ask(request, expected, withinMs) {
      return new Promise((resolve, reject) => {
        const settle = (end: () => void) => {
          clearTimeout(timer);
          child.off('message', onMessage).off('exit', onExit);
          end();
        };
        const fail = (why: string) => settle(() => reject(new YardstickError(why)));
        const onExit = () => fail(`its process ended: ${errorLine(complaint())}`);
        const onMessage = (reply: Reply) => {
          if (reply.type === expected) {
            settle(() => resolve(reply as Extract<Reply, { type: typeof expected }>));
          } else fail(reply.type === 'failed' ? reply.reason : `unexpected reply ${reply.type}`);
        };
        const timer = setTimeout(() => {
          stop();
          fail(`no ${expected} within ${withinMs / 1000} s`);
        }, withinMs);
        child.on('message', onMessage).on('exit', onExit);
        if (isAlive()) child.send(request);
        else onExit();
      });
    },
  };
}
