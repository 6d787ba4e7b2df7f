// The part of cli-progress that the trainer uses; the package ships no types.

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
  export interface SingleBar {
    update(value: number, payload?: object): void;
  }
  export class MultiBar {
    constructor(options: BarOptions);
    create(total: number, startValue: number, payload?: object): SingleBar;
    log(text: string): void;
    update(): void;
    stop(): void;
  }
}
