import type { Member, OperationModel, ServiceModel } from './shapes.ts';

/** What a request line and headers say, for finding the operation. */
export interface RequestTarget {
  readonly method: string;
  /** Undecoded. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}

/** The operation that a request means, with the labels in its path. */
export interface RouteMatch {
  readonly operation: OperationModel;
  readonly labels: Readonly<Record<string, string>>;
}

interface Segment {
  readonly text: string;
  readonly kind: 'literal' | 'label' | 'greedy';
}

interface Route {
  readonly operation: OperationModel;
  readonly segments: readonly Segment[];
  readonly query: readonly (readonly [name: string, value: string])[];
  /** Required members in query and headers: they tell apart operations on the same path. */
  readonly told: readonly Member[];
}

/** Names the client rather than the resource; requests of other clients leave it out. */
const OPERATION_HINT = 'x-id';

/** Makes a finder of operations by the model's HTTP traits. */
export const createRouter = (model: ServiceModel): ((target: RequestTarget) => RouteMatch | undefined) => {
  const byMethod = new Map<string, Route[]>();
  for (const operation of model.operations.values()) {
    if (!operation.http) continue;
    const { method } = operation.http;
    const routes = byMethod.get(method) ?? [];
    routes.push(readRoute(operation, operation.http.uri));
    byMethod.set(method, routes);
  }

  return (target) => {
    const parts = target.path.replace(/^\//, '').replace(/\/$/, '').split('/');
    let best: { route: Route; labels: Record<string, string>; score: number } | undefined;
    for (const route of byMethod.get(target.method) ?? []) {
      const labels = matchPath(route.segments, parts, target.path.endsWith('/'));
      const score = labels && scoreOf(route, target);
      if (labels && score !== undefined && (!best || score > best.score)) best = { route, labels, score };
    }
    return best && { operation: best.route.operation, labels: best.labels };
  };
};

const readRoute = (operation: OperationModel, uri: string): Route => {
  const [path = '', query = ''] = uri.split('?');
  const segments = path.split('/').filter(Boolean).map(readSegment);
  const named = new Set(segments.map(({ text }) => text));
  // S3's bucket is part of the host name in the model; in a path-style address it comes first.
  const left = operation.input.members.filter(({ http, name }) => http?.in === 'label' && !named.has(name));
  return {
    operation,
    segments: [...left.map(({ name }): Segment => ({ text: name, kind: 'label' })), ...segments],
    query: [...new URLSearchParams(query)],
    told: operation.input.members.filter(
      ({ isRequired, http }) => isRequired && (http?.in === 'query' || http?.in === 'header'),
    ),
  };
};

const readSegment = (text: string): Segment => {
  if (!text.startsWith('{')) return { text, kind: 'literal' };
  return text.endsWith('+}')
    ? { text: text.slice(1, -2), kind: 'greedy' }
    : { text: text.slice(1, -1), kind: 'label' };
};

const matchPath = (
  segments: readonly Segment[],
  parts: readonly string[],
  endsWithSlash: boolean,
): Record<string, string> | undefined => {
  const labels: Record<string, string> = {};
  let index = 0;
  for (const { text, kind } of segments) {
    const part = parts[index];
    if (part === undefined || (part === '' && kind !== 'greedy')) return undefined;
    if (kind === 'literal') {
      if (decode(part) !== text) return undefined;
    } else if (kind === 'label') {
      labels[text] = decode(part);
    } else {
      labels[text] = parts.slice(index).map(decode).join('/') + (endsWithSlash ? '/' : '');
      index = parts.length;
    }
    index++;
  }
  return index >= parts.length || parts.slice(index).every((part) => part === '') ? labels : undefined;
};

const decode = (part: string): string => {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
};

/** How well a route fits a request whose path it matches; nothing when the query says that it is another. */
const scoreOf = (
  { segments, query, told }: Route,
  { query: given, headers }: RequestTarget,
): number | undefined => {
  let score = 0;
  for (const { kind } of segments) score += kind === 'literal' ? 100 : kind === 'label' ? 50 : 0;
  for (const [name, value] of query) {
    const actual = given.get(name);
    if (actual === value) score += 20;
    else if (name !== OPERATION_HINT || actual !== null) return undefined;
  }
  for (const { http } of told) {
    const isThere =
      http?.in === 'query' ? given.has(http.name) : http?.in === 'header' && headers[http.name] !== undefined;
    score += isThere ? 5 : -5;
  }
  return score;
};
