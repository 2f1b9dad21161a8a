import { awsConsoleWith, noConsole } from '../../approvals-ui/console-links.ts';
import { aJob, aPromotion, COMMIT } from '../tasks/doubles/samples.ts';

const awsConsole = awsConsoleWith({});

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

it('leads to what is in an environment elsewhere in the console of its region', () => {
  const links = awsConsoleWith({ shop: { prod: 'eu-west-1', qat: 'eu-west-2' } });
  const promotion = { ...aPromotion(), deployments: { qat: 'd-QAT', prod: 'd-PROD' } };
  const regionOf = (link: string | undefined) => new URL(link ?? '').searchParams.get('region');
  const job = (kind: 'instance-refresh' | 'pipeline-run') => ({ ...aJob(), kind, externalId: 'shop-qat/1' });
  expect(promotion.application).toBe('shop');
  expect(regionOf(links.deployment(promotion, 'd-PROD'))).toBe('eu-west-1');
  expect(regionOf(links.deployment(promotion, 'd-QAT'))).toBe('eu-west-2');
  expect(regionOf(links.job(promotion, job('instance-refresh')))).toBe('eu-west-2');
  expect(regionOf(links.job(promotion, job('pipeline-run')))).toBe('us-east-1');
  expect(regionOf(awsConsole.deployment(promotion, 'd-PROD'))).toBe('us-east-1');
});
