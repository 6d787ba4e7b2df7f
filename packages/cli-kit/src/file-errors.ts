// Node's errors of files, in words.

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file or folder',
  EISDIR: 'it is a folder; name a file',
  ENOTDIR: 'it, or a part of its path, is a file',
  EACCES: 'permission denied',
  EPERM: 'it is not permitted',
  EROFS: 'the disk is read-only',
  ENOSPC: 'the disk is full',
  EDQUOT: 'the disk quota is used up',
  EFBIG: 'it would be larger than files may be here',
  EIO: 'the disk reports an error',
  EMFILE: 'too many files are open',
  ENFILE: 'too many files are open',
  ENAMETOOLONG: 'the name is too long',
  ELOOP: 'its links go in a circle',
};

/** Why a file can't be read or written, as part of a sentence. */
export function describeFileError(error: unknown): string {
  const { code = '', cause } = error as NodeJS.ErrnoException;
  if (code === 'FileError') return describeFileError(cause); // its message says it, too, with more
  return REASONS[code] ?? (error instanceof Error ? error.message : String(error));
}
