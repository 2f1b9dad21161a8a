import { unattendedApprovers } from '../../../../infra/local/run/people.ts';

const options = { qc: 'quinn', pmo: 'parker' };

it.each([
  ['qc', 1, options, ['quinn']],
  ['qc', 2, options, ['quinn', 'sam']],
  ['qc', 2, { qc: 'quinn', pmo: 'sam' }, undefined],
  ['qc', 3, options, undefined],
  ['pmo', 2, options, ['parker', 'sam']],
  ['pmo', 1, { qc: 'sam', pmo: 'sam' }, ['sam']],
] as const)('as %s, %i approve unattended with %j: %j', (role, count, chosen, names) => {
  expect(unattendedApprovers(role, count, chosen)).toEqual(names);
});
