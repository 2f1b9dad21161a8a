import { deploymentGroupInput } from '../../../tasks/prod-fleet/converge-fleet.ts';
import { readProdFleetProperties } from '../../../tasks/prod-fleet/fleet-properties.ts';
import { properties } from './fleet-world.ts';

const rollback = (given: object) => {
  const { autoRollbackConfiguration, alarmConfiguration } = deploymentGroupInput(
    readProdFleetProperties({ ...properties, ...given }),
    'seed',
  );
  return { events: autoRollbackConfiguration, alarms: alarmConfiguration };
};

it('rolls back failed deployments if nothing else is said', () => {
  expect(rollback({})).toEqual({
    events: { enabled: true, events: ['DEPLOYMENT_FAILURE', 'DEPLOYMENT_STOP_ON_ALARM'] },
    alarms: { enabled: false, alarms: [] },
  });
});

it('rolls back on named alarms alone', () => {
  // CloudFormation hands booleans over as text.
  expect(rollback({ rollbackOnFailure: 'false', alarmNames: ['orders-5xx'] })).toEqual({
    events: { enabled: true, events: ['DEPLOYMENT_STOP_ON_ALARM'] },
    alarms: { enabled: true, alarms: [{ name: 'orders-5xx' }] },
  });
});

it('leaves failed deployments as they are', () => {
  expect(rollback({ rollbackOnFailure: false })).toEqual({
    events: { enabled: false, events: [] },
    alarms: { enabled: false, alarms: [] },
  });
});

it.each([
  ['rollbackOnFailure', 'perhaps', 'give true or false'],
  ['alarmNames', 'orders-5xx', 'give a list of names'],
])('fails with a %s that cannot be read', (name, value, remedy) => {
  expect(() => rollback({ [name]: value })).toThrow(
    `Prod fleet: property ${name} is ${JSON.stringify(value)}; ${remedy}`,
  );
});
