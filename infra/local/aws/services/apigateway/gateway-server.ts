import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { InvokeCommandInput, InvokeCommandOutput } from '@aws-sdk/client-lambda';
import type { Host } from '../../host.ts';
import { type LoopbackServer, listenOnLoopback } from '../shared/loopback-server.ts';
import { metricsOf } from '../shared/metrics.ts';
import type { ApiTables, Stage } from './apis.ts';
import { proxyAnswer, proxyEvent } from './proxy-event.ts';
import { findRoute, type RouteMatch } from './routing.ts';

/** Largest body that a function can be given, in bytes (the Invoke API's limit of 6 MB). */
const LARGEST_BODY = 6 * 1024 * 1024;

/**
 * Serves the HTTP API on the approvals port: each request invokes the route's function, with API Gateway's permission.
 * @throws PortInUseError
 */
export const startGatewayServer = (host: Host, tables: ApiTables): Promise<LoopbackServer> => {
  const takeOne = createThrottle(host);
  const serve = async (request: IncomingMessage, response: ServerResponse) => {
    const [api] = tables.apis.values();
    const stage = api && tables.stages.get(api.id);
    if (!api || !stage) return sendMessage(response, 404, 'Not Found');
    if (!takeOne(stage)) return sendMessage(response, 429, 'Too Many Requests');
    const body = await readBody(request);
    if (!body) return sendMessage(response, 413, 'Request Entity Too Large');
    const routes = tables.routes.values().filter(({ apiId }) => apiId === api.id);
    const path = (request.url ?? '/').split('?')[0] ?? '/';
    const match = findRoute(routes, request.method ?? 'GET', path);
    const integration = match && tables.integrations.get(match.route.integrationId);
    if (!match || !integration) return sendMessage(response, 404, 'Not Found');

    const requestId = randomUUID();
    const event = proxyEvent(request, body, match, {
      accountId: host.accountId,
      apiId: api.id,
      stage: stage.name,
      requestId,
      now: host.clock.now(),
    });
    const answer = await invoke(
      host,
      integration.functionArn,
      sourceArn(host, api.id, stage.name, match),
      event,
    );
    if ('problem' in answer) {
      countServerError(host, api.id);
      host.log('apigateway', answer.problem, { requestId, path });
      return sendMessage(response, 500, 'Internal Server Error');
    }
    if (answer.status >= 500) countServerError(host, api.id);
    response.writeHead(answer.status, {
      ...(answer.headers as Record<string, string | string[]>),
      'apigw-requestid': requestId,
    });
    response.end(request.method === 'HEAD' ? undefined : answer.body);
  };
  return listenOnLoopback(host.ports.approvals, 'approvals', serve, (error) =>
    host.log('apigateway', 'request failed', { error: error.stack }),
  );
};

/** @see https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-metrics.html */
const countServerError = (host: Host, ApiId: string): void =>
  metricsOf(host).add({ namespace: 'AWS/ApiGateway', name: '5xx', dimensions: { ApiId } }, 1);

/** Which of the API's routes asks: `<api>/<stage>/<method>/<path>`, as function permissions name it. */
const sourceArn = (host: Host, apiId: string, stage: string, { route }: RouteMatch): string => {
  const [method = '', path = ''] = route.routeKey.split(' ');
  return `arn:${host.partition}:execute-api:${host.region}:${host.accountId}:${apiId}/${stage}/${method}${path}`;
};

const invoke = async (host: Host, functionArn: string, source: string, event: object) => {
  const input: InvokeCommandInput = {
    FunctionName: functionArn,
    InvocationType: 'RequestResponse',
    Payload: Buffer.from(JSON.stringify(event)),
  };
  const principal = { kind: 'service', service: 'apigateway.amazonaws.com', sourceArn: source } as const;
  try {
    const output = await host.call<InvokeCommandOutput>(principal, 'lambda', 'Invoke', input);
    const payload = Buffer.from(output.Payload ?? []).toString('utf8');
    if (output.FunctionError) return { problem: `The function failed (${output.FunctionError}): ${payload}` };
    return (
      proxyAnswer(payload) ?? { problem: `The function's result is no answer: ${payload.slice(0, 200)}` }
    );
  } catch (error) {
    const { name, message } = error as Error;
    return { problem: `The function could not be invoked: ${name}: ${message}` };
  }
};

/** A bucket of `burstLimit` requests that `rateLimit` per second fill, as the stage says. */
const createThrottle = (host: Host): ((stage: Stage) => boolean) => {
  let tokens: number | undefined;
  let filledAt = host.clock.now();
  return ({ rateLimit, burstLimit }) => {
    if (rateLimit === undefined || burstLimit === undefined) return true;
    const now = host.clock.now();
    const refill = (Math.max(0, now - filledAt) / 1000) * rateLimit;
    filledAt = now;
    tokens = Math.min(burstLimit, (tokens ?? burstLimit) + refill);
    if (tokens < 1) return false;
    tokens -= 1;
    return true;
  };
};

const readBody = async (request: IncomingMessage): Promise<Buffer | undefined> => {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    // What is too large is read to its end, so that the answer can be seen.
    if (size <= LARGEST_BODY) chunks.push(chunk);
  }
  return size <= LARGEST_BODY ? Buffer.concat(chunks) : undefined;
};

const sendMessage = (response: ServerResponse, status: number, message: string) => {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify({ message }));
};
