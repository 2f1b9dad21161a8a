import type { Host, Service } from '../../host.ts';
import { createAsyncEvents } from './async-events.ts';
import { createEventSources } from './event-source-mappings.ts';
import { permissionTable } from './functions.ts';
import { createInvoker } from './invoker.ts';
import { lambdaOperations } from './operations.ts';
import { lambdaResources } from './resources.ts';

/**
 * AWS Lambda: runs the deployed bundles in worker threads, each under its role's credentials against the emulator's endpoint.
 * There are no versions, aliases, layers or container images.
 */
export const createLambdaService = (host: Host): Service => {
  const invoker = createInvoker(host);
  const asyncEvents = createAsyncEvents(host, invoker);
  const eventSources = createEventSources(host, invoker);

  const policyOf: NonNullable<Service['resourcePolicy']> = (arn) => {
    const name = arn.split(':')[6];
    const statements = permissionTable(host)
      .entries()
      .filter(([key]) => key.startsWith(`${name}/`))
      .map(([, statement]) => statement);
    return statements.length > 0 ? { Version: '2012-10-17', Statement: statements } : undefined;
  };

  return {
    name: 'lambda',
    operations: lambdaOperations(host, { invoker, asyncEvents, policyOf }),
    resources: lambdaResources(host, invoker),
    resourcePolicy: policyOf,
    start: () => {
      asyncEvents.start();
      eventSources.start();
    },
    stop: async () => {
      asyncEvents.stop();
      eventSources.stop();
      await invoker.stop();
    },
  };
};
