// Runs in the pushing git's process, after a push has changed the references: notes it for Lockstep, tells the pusher.
// Arguments: the file to append to, and the file in which a running Lockstep says where it is.
import fs from 'node:fs';
import process from 'node:process';

const [spool = '', presence = ''] = process.argv.slice(2);
const changes = fs
  .readFileSync(0, 'utf8')
  .split('\n')
  .filter(Boolean)
  .map((line) => {
    const [before = '', after = '', ...name] = line.split(' ');
    return { before, after, ref: name.join(' ') };
  });

// One write per push: lines of two pushes at once do not mix.
fs.appendFileSync(spool, changes.map((change) => `${JSON.stringify(change)}\n`).join(''));

/** Where Lockstep runs, if it does. */
const runningAt = () => {
  try {
    const { pid, url } = JSON.parse(fs.readFileSync(presence, 'utf8'));
    process.kill(pid, 0);
    return url;
  } catch {
    return undefined;
  }
};

const url = runningAt();
for (const { after, ref } of changes) {
  const name = ref.replace(/^refs\/(heads|tags)\//, '');
  if (/^0+$/.test(after)) {
    process.stdout.write(`Lockstep: ${name} was deleted; this starts nothing.\n`);
    continue;
  }
  const commit = after.slice(0, 7);
  process.stdout.write(
    url
      ? `Lockstep: ${name} is at ${commit}. If this is the promoted branch, its promotion starts now: ${url}\n`
      : `Lockstep is not running: it takes up ${name} at ${commit} when it is started next (npm start).\n`,
  );
}
