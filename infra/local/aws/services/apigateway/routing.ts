import type { Route } from './apis.ts';

/** Whether a text is a route key of an HTTP API. */
export const isRouteKey = (key: string): boolean =>
  key === '$default' || /^(ANY|GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS) \/\S*$/.test(key);

/** The route that a request takes, and the path's parameters. */
export interface RouteMatch {
  readonly route: Route;
  readonly pathParameters: Readonly<Record<string, string>>;
}

/**
 * Finds a request's route. The most specific wins: a whole path before one with parameters before a greedy one before
 * `$default`, and a method before `ANY` (docs.aws.amazon.com, HTTP APIs, routing API requests).
 */
export const findRoute = (routes: readonly Route[], method: string, path: string): RouteMatch | undefined => {
  const matches = routes.flatMap((route) => {
    const match = matchRoute(route, method, path);
    return match ? [match] : [];
  });
  return matches.sort((a, b) => b.rank - a.rank)[0];
};

const matchRoute = (
  route: Route,
  method: string,
  path: string,
): (RouteMatch & { readonly rank: number }) | undefined => {
  if (route.routeKey === '$default') return { route, pathParameters: {}, rank: 0 };
  const [routeMethod = '', template = ''] = route.routeKey.split(' ');
  if (routeMethod !== 'ANY' && routeMethod !== method) return undefined;
  const pathParameters = matchPath(template, path);
  if (!pathParameters) return undefined;
  const kind = template.includes('+}') ? 2 : template.includes('{') ? 4 : 6;
  return { route, pathParameters, rank: kind + (routeMethod === 'ANY' ? 0 : 1) };
};

const matchPath = (template: string, path: string): Record<string, string> | undefined => {
  const parameters: Record<string, string> = {};
  const parts = template.split('/');
  const given = path.split('/');
  for (const [index, part] of parts.entries()) {
    const value = given[index];
    const greedy = /^\{(\w+)\+\}$/.exec(part)?.[1];
    if (greedy) {
      const rest = given.slice(index).join('/');
      if (rest === '') return undefined;
      parameters[greedy] = decode(rest);
      return parameters;
    }
    const name = /^\{(\w+)\}$/.exec(part)?.[1];
    if (value === undefined || (name ? value === '' : value !== part)) return undefined;
    if (name) parameters[name] = decode(value);
  }
  return given.length === parts.length ? parameters : undefined;
};

const decode = (text: string): string => {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
};
