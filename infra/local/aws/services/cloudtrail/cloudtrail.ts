import type { LookupEventsRequest, LookupEventsResponse } from '@aws-sdk/client-cloudtrail';
import { AwsError, type Host, type Operation, type Service } from '../../host.ts';
import { page } from '../shared/paging.ts';
import { trailOf } from '../shared/trail.ts';

/** CloudTrail gives at most so many events at a time, and as many if nothing is said (its API reference). */
const LARGEST_PAGE = 50;

const inMs = (time: Date | undefined): number | undefined =>
  time === undefined ? undefined : time.getTime();

/** CloudTrail's event history, as far as services here write to it; there are no trails. Events are there at once. */
export const createCloudTrailService = (host: Host): Service => {
  const lookupEvents: Operation<LookupEventsRequest, LookupEventsResponse> = {
    requires: () => ({ action: 'cloudtrail:LookupEvents', resource: '*' }),
    run: ({ LookupAttributes = [], StartTime, EndTime, MaxResults = LARGEST_PAGE, NextToken }) => {
      const [attribute, ...others] = LookupAttributes;
      if (others.length > 0 || (attribute !== undefined && attribute.AttributeKey !== 'EventName'))
        throw new AwsError(
          'InvalidLookupAttributesException',
          `The emulator looks events up by one EventName; received ${JSON.stringify(LookupAttributes)}.`,
        );
      if (MaxResults < 1 || MaxResults > LARGEST_PAGE)
        throw new AwsError(
          'InvalidMaxResultsException',
          `MaxResults must be from 1 to ${LARGEST_PAGE}; received ${MaxResults}.`,
        );
      const [from = 0, to = Number.POSITIVE_INFINITY] = [inMs(StartTime), inMs(EndTime)];
      if (from > to)
        throw new AwsError('InvalidTimeRangeException', 'The start time must not be after the end time.');
      const found = trailOf(host)
        .values()
        .filter(({ name }) => attribute === undefined || name === attribute.AttributeValue)
        .map((event) => ({ ...event, at: Math.floor(event.at / 1000) * 1000 }))
        .filter(({ at }) => at >= from && at <= to)
        .sort((a, b) => b.at - a.at);
      const { items, nextToken } = page(found, NextToken, MaxResults, {
        errorName: 'InvalidNextTokenException',
      });
      return {
        Events: items.map(({ id, name, at, source, userName, resource, record }) => ({
          EventId: id,
          EventName: name,
          ReadOnly: 'false',
          EventTime: new Date(at),
          EventSource: source,
          Username: userName,
          Resources: [{ ResourceType: resource.type, ResourceName: resource.name }],
          CloudTrailEvent: record,
        })),
        ...(nextToken && { NextToken: nextToken }),
      };
    },
  };
  return { name: 'cloudtrail', operations: { LookupEvents: lookupEvents }, resources: {} };
};
