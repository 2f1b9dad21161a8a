// Reads a long linear history as request-approval does, and prints how much memory that took, in MB.
import { createHash } from 'node:crypto';
import type { CommitRecord } from '../../../tasks/approvals/commit-record.ts';
import { makersOf } from '../../../tasks/approvals/makers.ts';
import { readChange } from '../../../tasks/approvals/read-change.ts';

const commitCount = Number(process.argv[2]);
const idOf = (index: number): string => createHash('sha1').update(String(index)).digest('hex');
const indexes = new Map(Array.from({ length: commitCount }, (_, index) => [idOf(index), index]));
const commitOf = (index: number) => {
  // Ten people, and messages as long as careful people write them.
  const who = { name: `Person ${index % 10}`, email: `person${index % 10}@example.com` };
  const message = `Change number ${index}\n\n${'Why it is done. '.repeat(60)}\nCo-authored-by: A <a@example.com>`;
  return {
    commitId: idOf(index),
    parents: index === 0 ? [] : [idOf(index - 1)],
    author: who,
    committer: who,
    message,
  };
};

const saved: CommitRecord[][] = [];
const before = process.resourceUsage().maxRSS;
const records = await readChange(
  {
    commits: async (ids) => ids.map((id) => commitOf(indexes.get(id) ?? 0)),
    kept: {
      load: async () => [],
      save: async (some) => {
        saved.push([...some]);
        saved.length = 0;
      },
    },
    isTimeUp: () => false,
  },
  idOf(commitCount - 1),
  undefined,
);
const makers = makersOf(records, []);
const megabytes = (process.resourceUsage().maxRSS - before) / 1024;
console.log(JSON.stringify({ commits: records.length, makers: makers.length, megabytes }));
