import { awsConsole, noConsole } from '../../approvals-ui/console-links.ts';
import { aPromotion, COMMIT } from '../tasks/doubles/samples.ts';

it('leads to the commit and to every changed line in the console of the region', () => {
  const home = 'https://us-east-1.console.aws.amazon.com/codesuite/codecommit/repositories/shop';
  expect(awsConsole.commit(aPromotion(), COMMIT)).toBe(`${home}/commit/${COMMIT}?region=us-east-1`);
  expect(awsConsole.diff(aPromotion(), 'before')).toBe(
    `${home}/compare/${COMMIT}/.../before?region=us-east-1`,
  );
});

it('leads nowhere on this machine', () => {
  expect([noConsole.commit(aPromotion(), COMMIT), noConsole.diff(aPromotion(), 'before')]).toEqual([
    undefined,
    undefined,
  ]);
});
