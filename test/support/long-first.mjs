import { createRequire } from 'node:module';

const { default: Sequencer } = createRequire(import.meta.url)('@jest/test-sequencer');

/** Kinds of tests by how long they take, the longest first: started late, they would leave the other cores idle at the end. */
const kinds = ['/test/scenarios/', '/test/approvals-ui/', '/test/infra/aws/'];

/** @param {{ path: string }} test */
const rank = ({ path }) => {
  const index = kinds.findIndex((kind) => path.includes(kind));
  return index === -1 ? kinds.length : index;
};

// jest takes a test sequencer as the default export of its module.
export default class LongFirst extends Sequencer {
  /** @param {{ path: string }[]} tests */
  sort(tests) {
    return [...tests].sort((one, other) => rank(one) - rank(other) || one.path.localeCompare(other.path));
  }
}
