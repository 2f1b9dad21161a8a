import { GetConnectionCommand, ResourceNotFoundException } from '@aws-sdk/client-codestar-connections';
import { type Finding, fault } from './finding.ts';
import { connectionArns } from './needs.ts';
import type { Place } from './place.ts';

/** A connection through which nothing can be read. @param status `AVAILABLE`, `PENDING` or `ERROR`; undefined if there is none */
export const connectionFindings = (arn: string, status: string | undefined): readonly Finding[] =>
  status === 'AVAILABLE'
    ? []
    : [
        fault(
          'A connection to the repository does not work',
          `${arn}: ${status ?? 'there is no such connection'}`,
          status === 'PENDING'
            ? 'Complete it in the console: Developer Tools, Settings, Connections, Update pending connection.'
            : 'Create a connection in the console (Developer Tools, Settings, Connections), give its ARN as source.connectionArn, and deploy.',
        ),
      ];

/** Looks at the connections that pipelines read through. */
export const checkConnections = async (place: Place): Promise<readonly Finding[]> => {
  const findings: Finding[] = [];
  for (const ConnectionArn of connectionArns(place.stacks)) {
    let status: string | undefined;
    try {
      const { Connection } = await place.clients.connections.send(
        new GetConnectionCommand({ ConnectionArn }),
      );
      status = Connection?.ConnectionStatus;
    } catch (error) {
      if (!(error instanceof ResourceNotFoundException)) throw error;
    }
    findings.push(...connectionFindings(ConnectionArn, status));
  }
  return findings;
};
