// Preloaded into an app that tools/run.mjs starts: if the launcher is killed, the app ends too,
// as it would had it been started directly. Nothing is lost that a SIGKILL would not lose.
process.once('disconnect', () => process.kill(process.pid, 'SIGKILL'));
process.channel?.unref();
