import type { EnvironmentStatus, InstanceStatus } from '../../../tasks/drift/environment-status.ts';
import { isStale, statusSentence } from '../../../tasks/drift/status-text.ts';

const AT = '2026-11-22T10:00:00.000Z';
const NOW = Date.parse(AT) + 60_000;
const serves = (instanceId: string, ...drift: string[]): InstanceStatus => ({
  instanceId,
  state: 'serves',
  drift,
});
const status = (change: Partial<EnvironmentStatus>): EnvironmentStatus => ({
  application: 'shop',
  environment: 'prod',
  at: AT,
  region: 'us-east-1',
  unread: [],
  instances: [serves('i-1'), serves('i-2')],
  unlisted: 0,
  alarms: [],
  told: [],
  ...change,
});

it.each<[Partial<EnvironmentStatus>, string]>([
  [{}, 'all 2 instances that serve run it'],
  [{ unlisted: 3 }, 'all 5 instances that serve run it'],
  [{ instances: [serves('i-1')] }, 'the one instance that serves runs it'],
  [{ instances: [{ instanceId: 'i-1', state: 'starting', drift: [] }] }, 'no instance serves'],
  [{ instances: [serves('i-1', 'x'), serves('i-2')] }, '1 of 2 instances that serve runs something else'],
  [{ instances: [serves('i-1', 'x'), serves('i-2', 'x')] }, '2 of 2 instances that serve run something else'],
  [{ instances: [serves('i-1', 'x')] }, 'the one instance that serves runs something else'],
  [{ notCompared: 'd-1 is in progress' }, 'no instance was compared, because d-1 is in progress'],
  // Never that all is well.
  [{ unread: ['x'] }, 'not everything could be read'],
  [{ unread: ['x'], instances: [serves('i-1', 'x')] }, 'the one instance that serves runs something else'],
])('%j is told as: %s', (change, text) => {
  expect(statusSentence(status(change), NOW)).toBe(`Looked at on 22 Nov 2026, 10:00 UTC: ${text}.`);
});

it('says after 15 minutes that nobody looks any more', () => {
  const after = (minutes: number) => Date.parse(AT) + minutes * 60_000;
  expect([isStale({ at: AT }, after(15)), isStale({ at: AT }, after(16))]).toEqual([false, true]);
  expect(statusSentence(status({}), after(16))).toContain('Lockstep does not look any more');
});
