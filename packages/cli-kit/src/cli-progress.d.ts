// The part of cli-progress that is used here; the package has no types.

declare module 'cli-progress' {
  export interface BarOptions {
    stream?: NodeJS.WritableStream;
    format?: string;
    barsize?: number;
    barCompleteChar?: string;
    barIncompleteChar?: string;
    hideCursor?: boolean;
    clearOnComplete?: boolean;
    gracefulExit?: boolean;
  }
  export class SingleBar {
    constructor(options: BarOptions);
    start(total: number, startValue: number, payload?: object): void;
    setTotal(total: number): void;
    update(value: number, payload?: object): void;
    stop(): void;
  }
}
