const marker = Symbol.for('vulpes.software-adapter.error');

export type SoftwareAdapterErrorCode =
  | 'unsupported-platform'
  | 'archive-missing'
  | 'archive-damaged'
  | 'cache-unwritable'
  | 'worker-thread';

/** Every failure of this package; `code` says which, the message says what to do about it. */
export class SoftwareAdapterError extends Error {
  override readonly name = 'SoftwareAdapterError';
  readonly code: SoftwareAdapterErrorCode;
  readonly [marker] = true;

  constructor(code: SoftwareAdapterErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }

  /** True for an error of this class from any copy of this package. */
  static isInstance(error: unknown): error is SoftwareAdapterError {
    return typeof error === 'object' && error !== null && marker in error;
  }
}
