// What a host (Node or a browser) has to provide.

export type AdapterChoice = 'auto' | 'hardware' | 'software';

export interface OpenedAdapter {
  readonly adapter: GPUAdapter;
  readonly toggles: readonly string[];
  /** Why this adapter, in sentences for the user. */
  readonly notes: readonly string[];
}

export interface Platform {
  readonly name: 'node' | 'browser';
  /** @throws NoAdapterError with what was tried and what to do. */
  openAdapter(choice: AdapterChoice): Promise<OpenedAdapter>;
  /** A setting from the environment, such as FOX_ADAPTER. */
  setting(name: string): string | undefined;
}
