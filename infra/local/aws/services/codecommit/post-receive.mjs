// Runs in the pushing git's process, after a push has changed the references: notes it for Lockstep, tells the pusher.
// Arguments: the file to append to, and the file in which a running Lockstep says where it is.
import { execFileSync } from 'node:child_process';
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

/** The branch whose pushes start something, if somebody has noted it in the repository. */
const promotedBranch = () => {
  try {
    return execFileSync('git', ['config', 'lockstep.promotedBranch'], { encoding: 'utf8' }).trim();
  } catch {
    return undefined;
  }
};

const url = runningAt();
const promoted = promotedBranch();
for (const { after, ref } of changes) {
  const name = ref.replace(/^refs\/(heads|tags)\//, '');
  const kind = ref.startsWith('refs/tags/') ? 'tag' : 'branch';
  if (/^0+$/.test(after)) {
    process.stdout.write(`Lockstep: ${name} was deleted; this starts nothing.\n`);
    continue;
  }
  if (promoted !== undefined && ref !== `refs/heads/${promoted}`) {
    process.stdout.write(
      `Lockstep: the ${kind} ${name} starts nothing; only pushes to ${promoted} are promoted.\n`,
    );
    continue;
  }
  const commit = after.slice(0, 7);
  const whose = promoted === undefined ? 'If this is the promoted branch, its' : 'Its';
  process.stdout.write(
    url
      ? `Lockstep: ${name} is at ${commit}. ${whose} promotion starts now: ${url}\n`
      : `Lockstep is not running: it takes up ${name} at ${commit} when it is started next (npm start).\n`,
  );
}
