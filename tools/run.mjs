// Every `npm run …` of this repository: sets up what is missing, then runs the command.
// Needs nothing but Node and npm.
import { nodeComplaint } from './setup/node-version.mjs';

const argv = process.argv.slice(2);
const complaint = nodeComplaint(argv[0] || '');
if (complaint) {
  console.error(complaint);
  process.exit(1);
}

// Imported late: an older Node must get as far as the complaint.
import('./setup/commands.mjs')
  .then(({ main }) => main(argv))
  .then((code) => {
    process.exitCode = code;
  });
