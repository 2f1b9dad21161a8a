import { findRoute, isRouteKey } from '../../../services/apigateway/routing.ts';

const route = (routeKey: string) => ({ id: routeKey, apiId: 'api', routeKey, integrationId: 'i' });
const routes = [
  '$default',
  'ANY /',
  'ANY /{proxy+}',
  'GET /pets',
  'ANY /pets',
  'GET /pets/{id}',
  'POST /pets/{id}/{rest+}',
].map(route);

it.each([
  ['GET', '/', 'ANY /', {}],
  ['GET', '/pets', 'GET /pets', {}],
  ['POST', '/pets', 'ANY /pets', {}],
  ['GET', '/pets/a%20b', 'GET /pets/{id}', { id: 'a b' }],
  ['POST', '/pets/1/x/y', 'POST /pets/{id}/{rest+}', { id: '1', rest: 'x/y' }],
  ['GET', '/pets/1/x', 'ANY /{proxy+}', { proxy: 'pets/1/x' }],
  ['DELETE', '/approvals/abc/decision', 'ANY /{proxy+}', { proxy: 'approvals/abc/decision' }],
])('%s %s takes %s', (method, path, routeKey, pathParameters) => {
  expect(findRoute(routes, method, path)).toMatchObject({ route: { routeKey }, pathParameters });
});

it('takes $default when nothing else fits, and nothing without it', () => {
  expect(findRoute([route('GET /pets'), route('$default')], 'GET', '/dogs')?.route.routeKey).toBe('$default');
  expect(findRoute([route('GET /pets'), route('GET /pets/{id}')], 'GET', '/pets/')).toBeUndefined();
});

it.each([
  ['$default', true],
  ['ANY /{proxy+}', true],
  ['GET /', true],
  ['GET', false],
  ['get /', false],
  ['/pets', false],
  ['', false],
])('knows whether %p is a route key', (key, expected) => {
  expect(isRouteKey(key)).toBe(expected);
});
