import type { TemplateResource } from '../../../cli/doctor/assembly.ts';
import { type Clients, createClients } from '../../../cli/doctor/clients.ts';
import type { DeployedResource, Place } from '../../../cli/doctor/place.ts';
import { type Answer, double, offline } from '../../tasks/doubles/sdk.ts';

export const ACCOUNT = '111111111111';
export const REGION = 'eu-west-1';
const STACK = 'Lockstep-orders';

/** Clients that answer with what AWS would; a service without answers fails the test that calls it. */
export const clientsAnswering = (answers: { readonly [Service in keyof Clients]?: readonly Answer[] }) => {
  const clients = createClients(offline);
  for (const [service, client] of Object.entries(clients))
    double(client as { send: unknown }, ...(answers[service as keyof Clients] ?? []));
  return clients;
};

/** A place with one stack. @param resources by logical id: the type, the physical id if it is deployed, the properties */
export const aPlace = (
  resources: Readonly<
    Record<string, readonly [type: string, physicalId?: string | undefined, properties?: object]>
  >,
  answers: Parameters<typeof clientsAnswering>[0] = {},
  status = 'UPDATE_COMPLETE',
): Place => {
  const deployed = Object.entries(resources).flatMap(([id, [type, physicalId]]): DeployedResource[] =>
    physicalId === undefined ? [] : [{ stack: STACK, id, type, physicalId }],
  );
  return {
    account: ACCOUNT,
    region: REGION,
    stacks: [
      {
        name: STACK,
        bootstrapVersion: 6,
        bootstrapParameter: '/cdk-bootstrap/hnb659fds/version',
        resources: Object.fromEntries(
          Object.entries(resources).map(([id, [Type, , properties]]): [string, TemplateResource] => [
            id,
            { Type, ...(properties && { Properties: properties as Record<string, unknown> }) },
          ]),
        ),
      },
    ],
    deployed: deployed.length === 0 ? [] : [{ name: STACK, status, resources: deployed }],
    clients: clientsAnswering(answers),
    now: new Date('2026-11-22T12:00:00Z'),
  };
};
