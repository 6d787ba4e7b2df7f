// Every `npm run …` of this repository: sets up what is missing, then runs the command.
// Needs nothing but Node and npm.
import { checkNode } from './setup/node-version.mjs';

const argv = process.argv.slice(2);
const problem = checkNode(argv[0] || '');
if (problem) {
  console.error(problem);
  process.exit(1);
}

// Imported late: an older Node must get as far as the problem.
import('./setup/commands.mjs')
  .then(({ main }) => main(argv))
  .then((code) => {
    if (code !== undefined) process.exitCode = code;
  });
