// Runs on any Node that knows ES modules: no newer syntax here, so that an old one gets this far.

/** Oldest Node that set-up and the apps run on; the test runner wants a little more. */
export const NEEDED = '20.11.0';
export const NEEDED_FOR_TESTS = '20.19.0';

/** @param {string} version @returns {number[]} */
const parts = (version) =>
  version
    .replace(/^v|-.*$/g, '')
    .split('.')
    .map(Number);

/** @param {string} version @param {string} needed */
export const isNodeNewEnough = (version, needed) => {
  const have = parts(version);
  const want = parts(needed);
  for (let i = 0; i < 3; i += 1) {
    const difference = (have[i] || 0) - (want[i] || 0);
    if (difference !== 0) return difference > 0;
  }
  return true;
};

/** One sentence for a Node that is too old, else null. @param {string} command */
export const checkNode = (command, version = process.version) => {
  const needed = command === 'test' || command === 'check' ? NEEDED_FOR_TESTS : NEEDED;
  if (isNodeNewEnough(version, needed)) return null;
  return `vulpes: needs Node ${needed} or newer, this is ${version}. Install the current LTS of Node.js.`;
};
