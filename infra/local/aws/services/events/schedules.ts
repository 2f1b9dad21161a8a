import { type PropertyReader, readProperties } from '../../assembly/properties.ts';
import type { Host, ResourceContext, ResourceProperties } from '../../host.ts';
import { arnOf } from '../shared/arns.ts';
import type { Rule } from './bus.ts';
import { parseSchedule } from './schedule.ts';

const MINUTE_MS = 60_000;

/**
 * A schedule of EventBridge Scheduler: it invokes one function under a role, at some moment of its window.
 * @see https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-schedule-flexible-time-windows.html
 * @throws PropertyError naming the property, for what Scheduler rejects or the emulator does not know
 */
export const readSchedule = (host: Host, properties: ResourceProperties, context: ResourceContext): Rule => {
  const read = readProperties('AWS::Scheduler::Schedule', context, properties);
  read.only('Name', 'Description', 'ScheduleExpression', 'FlexibleTimeWindow', 'State', 'Target');
  const name = read.optionalString('Name') ?? context.generatedName(64);
  const description = read.optionalString('Description');
  const scheduleExpression = read.string('ScheduleExpression');
  try {
    parseSchedule(scheduleExpression);
  } catch (error) {
    throw read.error('ScheduleExpression', `is not usable: ${(error as Error).message}`);
  }
  const state = read.optionalString('State') ?? 'ENABLED';
  if (!['ENABLED', 'DISABLED'].includes(state)) throw read.error('State', 'must be ENABLED or DISABLED');
  const target = read.at('Target');
  target.only('Arn', 'RoleArn', 'DeadLetterConfig', 'RetryPolicy');
  const arn = target.string('Arn');
  if (!arn.startsWith('arn:aws:lambda:'))
    throw target.error('Arn', `must be that of a function, which is all that is emulated; got ${arn}`);
  const deadLetterArn = target.optionalAt('DeadLetterConfig')?.optionalString('Arn');
  const retries = target.optionalAt('RetryPolicy');
  const mostAttempts = retries?.optionalNumber('MaximumRetryAttempts');
  const lifeSeconds = retries?.optionalNumber('MaximumEventAgeInSeconds');
  return {
    arn: arnOf(host, 'scheduler', `schedule/default/${name}`),
    name,
    ...(description !== undefined && { description }),
    scheduleExpression,
    windowMs: readWindow(read.at('FlexibleTimeWindow')),
    isEnabled: state === 'ENABLED',
    targets: [
      {
        id: 'Target',
        arn,
        roleArn: target.string('RoleArn'),
        settings: {},
        ...(mostAttempts !== undefined && { mostAttempts }),
        ...(lifeSeconds !== undefined && { lifeMs: lifeSeconds * 1000 }),
        ...(deadLetterArn !== undefined && { deadLetterArn }),
      },
    ],
  };
};

/** @returns ms */
const readWindow = (read: PropertyReader): number => {
  read.only('Mode', 'MaximumWindowInMinutes');
  const mode = read.string('Mode');
  const minutes = read.optionalNumber('MaximumWindowInMinutes');
  if (mode === 'OFF' && minutes === undefined) return 0;
  if (mode !== 'FLEXIBLE') throw read.error('Mode', 'must be FLEXIBLE, or OFF without a window');
  if (minutes === undefined || minutes < 1 || minutes > 1440)
    throw read.error('MaximumWindowInMinutes', `must be 1 to 1440, got ${minutes}`);
  return minutes * MINUTE_MS;
};
