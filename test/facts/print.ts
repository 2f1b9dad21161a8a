import { collectFacts, openFacts } from './collect.ts';

const proofs = collectFacts();
for (const { fact, summary, tests, reason } of proofs) {
  console.log(`${fact}  ${summary}`);
  for (const { file, title } of tests) console.log(`     test    ${file}: ${title}`);
  if (reason !== undefined) console.log(`     reason  ${reason}`);
}
const open = openFacts(proofs);
console.log(
  open.length === 0
    ? `\n${proofs.length} facts, each closed by a test or a reason.`
    : `\nNothing closes ${open.join(', ')}: name the fact in a test's title, or give a reason in ARCHITECTURE.md under "Facts".`,
);
process.exitCode = open.length === 0 ? 0 : 1;
