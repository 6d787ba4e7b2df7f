// `bench … | head -1`: a reader that goes ends no measurement, whose report goes to files.

/** What is written to a stream whose reader is gone is lost, without an error. */
export function outliveReaders(streams: readonly NodeJS.WritableStream[]): void {
  for (const stream of streams) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE' && error.code !== 'ERR_STREAM_DESTROYED') throw error;
    });
  }
}
