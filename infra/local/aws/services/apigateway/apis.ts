import { createHash } from 'node:crypto';
import type { Host } from '../../host.ts';
import type { Table } from '../../store.ts';

/** An HTTP API. */
interface HttpApi {
  readonly id: string;
  readonly name: string;
}

/** What a request is handed to. */
interface Integration {
  readonly id: string;
  readonly apiId: string;
  readonly functionArn: string;
}

/** Which requests an integration gets. */
export interface Route {
  readonly id: string;
  readonly apiId: string;
  /** `$default`, or method and path: `ANY /{proxy+}`. */
  readonly routeKey: string;
  readonly integrationId: string;
}

/** The default stage. */
export interface Stage {
  readonly apiId: string;
  readonly name: string;
  /** Requests per second, and how many at once; absent: not limited. */
  readonly rateLimit?: number;
  readonly burstLimit?: number;
}

/** Everything that the HTTP APIs remember. */
export interface ApiTables {
  readonly apis: Table<HttpApi>;
  readonly integrations: Table<Integration>;
  readonly routes: Table<Route>;
  readonly stages: Table<Stage>;
}

export const apiTables = ({ store }: Pick<Host, 'store'>): ApiTables => ({
  apis: store.table('apigateway.apis'),
  integrations: store.table('apigateway.integrations'),
  routes: store.table('apigateway.routes'),
  stages: store.table('apigateway.stages'),
});

/** Where the emulator serves its HTTP API. */
export const apiEndpoint = ({ ports }: Pick<Host, 'ports'>): string => `http://127.0.0.1:${ports.approvals}`;

/** Letters and digits as API Gateway's ids look, the same for the same parts. */
export const stableId = (length: number, ...parts: readonly string[]): string =>
  [...createHash('sha256').update(JSON.stringify(parts)).digest()]
    .map((byte) => 'abcdefghijklmnopqrstuvwxyz0123456789'[byte % 36])
    .join('')
    .slice(0, length);
