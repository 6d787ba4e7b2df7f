// A mistake of the user's: one sentence on stderr, exit code 1.

export class UsageError extends Error {
  override readonly name = 'UsageError';
}
