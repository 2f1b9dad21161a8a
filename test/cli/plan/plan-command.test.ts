import type { Plan } from '../../../cli/plan/plan.ts';
import { COMMIT } from '../../tasks/doubles/samples.ts';
import { createCommandLine } from '../command-line.ts';

const planned = {
  name: 'plan',
  commit: COMMIT,
  instanceType: 't3.small',
  testMinutes: 0,
} as const;

it('says what it may not read, and foresees no end without it', async () => {
  const line = createCommandLine();
  const { json, text, end } = await line.run({ ...planned, application: 'shop' });
  const plan = json as Plan;
  expect(end).toBe('failed');
  expect(plan.end.name).toBe('Unknown');
  expect([plan.begins, plan.states, plan.gates, plan.locks, plan.builds]).toEqual([
    undefined,
    [],
    [],
    [],
    [],
  ]);
  expect(plan.unknown).toContain(
    "The application's configuration: Error: AccessDeniedException: not allowed",
  );
  expect(text).toContain('its end is not known');
});

it('fails where it would have to guess the application, and for an instance type without a price', async () => {
  const line = createCommandLine();
  await expect(line.run(planned)).rejects.toThrow('--application shop, or till');
  await expect(line.run({ ...planned, application: 'none' })).rejects.toThrow('Give one of: shop, till');
  await expect(line.run({ ...planned, application: 'shop', instanceType: 'x' })).rejects.toThrow(
    'no instance type "x"',
  );
});
