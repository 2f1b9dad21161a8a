import http from 'node:http';
import type { DescribeTargetHealthOutput, TargetHealth } from '@aws-sdk/client-elastic-load-balancing-v2';
import { createAccessLog } from '../../../services/elasticloadbalancing/access-log.ts';
import { matches } from '../../../services/elasticloadbalancing/targets.ts';
import { metricsOf, minuteOf } from '../../../services/shared/metrics.ts';
import { baseImage, createFleetHost, eventually, type FleetHost, get } from '../../instances/fleet-host.ts';

/** Real processes on a machine that may be busy. */
jest.setTimeout(30_000);

let fleet: FleetHost;
const servers: http.Server[] = [];

beforeEach(() => {
  fleet = createFleetHost();
});

afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
  await fleet.dispose();
});

const type = (name: string) => `AWS::ElasticLoadBalancingV2::${name}`;

const setUp = async (targetGroup: object = {}) => {
  const balancer = await fleet.create(type('LoadBalancer'), 'Balancer', { Scheme: 'internal' });
  const group = await fleet.create(type('TargetGroup'), 'Group', {
    Port: 8080,
    HealthCheckPath: '/health',
    HealthCheckIntervalSeconds: 5,
    ...targetGroup,
  });
  const listener = await fleet.create(type('Listener'), 'Listener', {
    LoadBalancerArn: balancer.physicalId,
    Port: 80,
    DefaultActions: [{ Type: 'forward', TargetGroupArn: group.physicalId }],
  });
  return { balancer, group, listener, url: `http://${balancer.attributes.DNSName}` };
};

/** An instance whose application is a server of this test. */
const instance = async (handler: http.RequestListener) => {
  const { Instances } = await fleet.call<{ Instances: { InstanceId: string }[] }>('ec2', 'RunInstances', {
    ImageId: baseImage,
    MinCount: 1,
    MaxCount: 1,
  });
  const id = Instances[0]?.InstanceId ?? '';
  const port = await eventually(() => fleet.instances.machine(id)?.port);
  const server = http.createServer(handler);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  await eventually(async () => {
    const { Reservations } = await fleet.call<{
      Reservations: { Instances: { State: { Name: string } }[] }[];
    }>('ec2', 'DescribeInstances', { InstanceIds: [id] });
    return Reservations[0]?.Instances[0]?.State.Name === 'running' ? true : undefined;
  });
  return { id, server };
};

const change = (operation: 'RegisterTargets' | 'DeregisterTargets', TargetGroupArn: string, ids: string[]) =>
  fleet.call('elasticloadbalancing', operation, { TargetGroupArn, Targets: ids.map((Id) => ({ Id })) });

const health = async (TargetGroupArn: string, id?: string): Promise<(TargetHealth | undefined)[]> => {
  const { TargetHealthDescriptions } = await fleet.call<DescribeTargetHealthOutput>(
    'elasticloadbalancing',
    'DescribeTargetHealth',
    { TargetGroupArn, ...(id ? { Targets: [{ Id: id }] } : {}) },
  );
  return (TargetHealthDescriptions ?? []).map(({ TargetHealth }) => TargetHealth);
};
const isIn = (state: string, TargetGroupArn: string, id: string) =>
  eventually(async () => ((await health(TargetGroupArn, id))[0]?.State === state ? true : undefined));

describe('a load balancer', () => {
  it('sends requests round robin with ALB’s headers, and writes them into the access log', async () => {
    const { group, url } = await setUp();
    const seen: http.IncomingHttpHeaders[] = [];
    const answering = (name: string) =>
      instance((request, response) => {
        if (request.url === '/page') seen.push(request.headers);
        response.end(name);
      });
    const [one, two] = [await answering('one'), await answering('two')];
    await change('RegisterTargets', group.physicalId, [one.id, two.id]);
    await isIn('healthy', group.physicalId, one.id);
    await isIn('healthy', group.physicalId, two.id);
    const bodies = [];
    for (let n = 0; n < 4; n++) {
      const headers = {
        'user-agent': 'test',
        'x-forwarded-for': '10.0.0.1',
        'x-amzn-trace-id': 'Root=1-a-b',
      };
      bodies.push((await get(`${url}/page`, headers)).body);
    }
    expect(bodies.toSorted()).toEqual(['one', 'one', 'two', 'two']);
    expect(bodies[0]).not.toBe(bodies[1]);
    expect(seen[0]).toMatchObject({
      'x-forwarded-for': '10.0.0.1, 127.0.0.1',
      'x-forwarded-proto': 'http',
      'x-forwarded-port': '80',
      'x-amzn-trace-id': expect.stringMatching(/^Self=1-[0-9a-f]+-[0-9a-f]{24};Root=1-a-b$/),
    });
    expect(fleet.elasticloadbalancing.accessLog()).toHaveLength(4);
    expect(fleet.elasticloadbalancing.accessLog()[0]).toMatchObject({
      time: expect.any(Number),
      instanceId: expect.stringMatching(/^i-/),
      status: 200,
      userAgent: 'test',
      method: 'GET',
      path: '/page',
    });
  });

  it('answers 503 without a healthy target', async () => {
    const { group, url } = await setUp();
    expect((await get(url)).status).toBe(503);
    const { id } = await instance((_request, response) => response.writeHead(500).end());
    await change('RegisterTargets', group.physicalId, [id]);
    await isIn('unhealthy', group.physicalId, id);
    expect((await get(url)).status).toBe(503);
    expect(fleet.elasticloadbalancing.accessLog().map(({ status }) => status)).toEqual([503, 503]);
  });

  it('takes a target out after so many failed checks, and in again after so many good ones', async () => {
    const { group } = await setUp({
      HealthyThresholdCount: 3,
      UnhealthyThresholdCount: 2,
      Matcher: { HttpCode: '200-299' },
    });
    let status = 204;
    let checks = 0;
    const { id } = await instance((_request, response) => {
      checks++;
      response.writeHead(status).end();
    });
    await change('RegisterTargets', group.physicalId, [id]);
    await isIn('healthy', group.physicalId, id);
    [status, checks] = [503, 0];
    await isIn('unhealthy', group.physicalId, id);
    expect(checks).toBeGreaterThanOrEqual(2);
    expect(await health(group.physicalId, id)).toEqual([
      {
        State: 'unhealthy',
        Reason: 'Target.ResponseCodeMismatch',
        Description: 'Health checks failed with these codes: [503]',
      },
    ]);
    [status, checks] = [200, 0];
    await isIn('healthy', group.physicalId, id);
    expect(checks).toBeGreaterThanOrEqual(3);
  });

  it('drains: what is under way is answered, what is new goes elsewhere', async () => {
    const { group, url } = await setUp();
    const finish: (() => void)[] = [];
    const slow = await instance((request, response) => {
      if (request.url === '/slow') finish.push(() => response.end('slow'));
      else response.end('slow');
    });
    await change('RegisterTargets', group.physicalId, [slow.id]);
    await isIn('healthy', group.physicalId, slow.id);
    const underWay = get(`${url}/slow`);
    await eventually(() => finish[0]);
    const other = await instance((_request, response) => response.end('other'));
    await change('RegisterTargets', group.physicalId, [other.id]);
    await isIn('healthy', group.physicalId, other.id);
    await change('DeregisterTargets', group.physicalId, [slow.id]);
    expect((await health(group.physicalId, slow.id))[0]?.State).toBe('draining');
    expect([(await get(url)).body, (await get(url)).body]).toEqual(['other', 'other']);
    finish[0]?.();
    expect(await underWay).toMatchObject({ status: 200, body: 'slow' });
    await isIn('unused', group.physicalId, slow.id);
    expect(await health(group.physicalId)).toHaveLength(1);
  });

  it('gives up on a target that drains for longer than its delay', async () => {
    const { group, url } = await setUp();
    let hasCome = false;
    const { id } = await instance((request, response) => {
      if (request.url === '/health') response.end();
      else hasCome = true;
    });
    await change('RegisterTargets', group.physicalId, [id]);
    await isIn('healthy', group.physicalId, id);
    const hanging = get(`${url}/never`).catch(() => undefined);
    await eventually(() => hasCome || undefined);
    await change('DeregisterTargets', group.physicalId, [id]);
    fleet.clock.advance(300_000);
    await isIn('unused', group.physicalId, id);
    servers[0]?.closeAllConnections();
    await hanging;
  });

  it('answers 502 when a healthy target takes no connection', async () => {
    const { group, url } = await setUp({ HealthCheckIntervalSeconds: 300 });
    const { id, server } = await instance((_request, response) => response.end());
    await change('RegisterTargets', group.physicalId, [id]);
    await isIn('healthy', group.physicalId, id);
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    expect((await get(url)).status).toBe(502);
  });
});

// https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-cloudwatch-metrics.html
describe('what a load balancer measures', () => {
  /** Sums by name: `lb` of the load balancer, `tg` of the target group behind it. */
  const measured = ({ balancer, group }: Awaited<ReturnType<typeof setUp>>) => {
    const LoadBalancer = balancer.physicalId.split(':loadbalancer/')[1] ?? '';
    const TargetGroup = group.physicalId.split(':').at(-1) ?? '';
    const sets = { lb: { LoadBalancer }, tg: { LoadBalancer, TargetGroup } };
    const now = minuteOf(fleet.clock.now());
    return (name: string, set: keyof typeof sets) =>
      metricsOf(fleet.host).summary(
        { namespace: 'AWS/ApplicationELB', name, dimensions: sets[set] },
        now - 1,
        now + 1,
      );
  };

  it('answers of targets, by status and time', async () => {
    const there = await setUp();
    const { id } = await instance((request, response) => {
      response.statusCode = request.url === '/bad' ? 500 : 200;
      setTimeout(() => response.end(), request.url === '/bad' ? 50 : 0);
    });
    await change('RegisterTargets', there.group.physicalId, [id]);
    await isIn('healthy', there.group.physicalId, id);
    await get(`${there.url}/good`);
    await get(`${there.url}/bad`);
    const of = measured(there);
    for (const set of ['lb', 'tg'] as const) {
      expect(of('RequestCount', set)?.sum).toBe(2);
      expect(of('HTTPCode_Target_2XX_Count', set)?.sum).toBe(1);
      expect(of('HTTPCode_Target_5XX_Count', set)?.sum).toBe(1);
      expect(of('TargetResponseTime', set)?.max).toBeGreaterThan(0.04);
      expect(of('TargetResponseTime', set)?.max).toBeLessThan(5);
    }
    expect(of('HTTPCode_ELB_5XX_Count', 'lb')).toBeUndefined();
  });

  it('its own answers: 502 for a target that breaks off, 503 without one', async () => {
    const there = await setUp({ HealthCheckIntervalSeconds: 300 });
    await get(there.url);
    const { id } = await instance((request, response) => {
      if (request.url === '/health') response.end();
      else request.socket.destroy();
    });
    await change('RegisterTargets', there.group.physicalId, [id]);
    await isIn('healthy', there.group.physicalId, id);
    expect((await get(there.url)).status).toBe(502);
    const of = measured(there);
    expect(of('HTTPCode_ELB_5XX_Count', 'lb')?.sum).toBe(2);
    expect(of('HTTPCode_ELB_502_Count', 'lb')?.sum).toBe(1);
    expect(of('HTTPCode_ELB_503_Count', 'lb')?.sum).toBe(1);
    expect(of('HTTPCode_Target_5XX_Count', 'tg')).toBeUndefined();
  });

  it('healthy targets, and nothing once none is registered', async () => {
    const there = await setUp();
    await fleet.start();
    const { id } = await instance((_request, response) => response.end());
    await change('RegisterTargets', there.group.physicalId, [id]);
    await isIn('healthy', there.group.physicalId, id);
    const of = measured(there);
    expect(of('HealthyHostCount', 'tg')?.max).toBe(1);
    await change('DeregisterTargets', there.group.physicalId, [id]);
    const seen = of('HealthyHostCount', 'tg')?.count;
    metricsOf(fleet.host).sample();
    expect(of('HealthyHostCount', 'tg')?.count).toBe(seen);
  });
});

describe('listeners and rules', () => {
  it('redirect, answer by themselves, and route by path and header', async () => {
    const { balancer, listener, url } = await setUp();
    const redirect = await fleet.create(type('Listener'), 'Redirect', {
      LoadBalancerArn: balancer.physicalId,
      Port: 8081,
      DefaultActions: [
        {
          Type: 'redirect',
          RedirectConfig: { Protocol: 'HTTP', Port: '80', StatusCode: 'HTTP_301' },
        },
      ],
    });
    const table = fleet.host.store.table<{ localPort: number }>('elb.listeners');
    const port = table.get(redirect.physicalId)?.localPort;
    expect(await get(`http://localhost:${port}/a?b=c`)).toMatchObject({
      status: 301,
      headers: { location: `${url}/a?b=c` },
    });
    const rule = (id: string, Priority: number, Conditions: object[], body: string) =>
      fleet.create(type('ListenerRule'), id, {
        ListenerArn: listener.physicalId,
        Priority,
        Conditions,
        Actions: [
          {
            Type: 'fixed-response',
            FixedResponseConfig: { StatusCode: '200', ContentType: 'text/plain', MessageBody: body },
          },
        ],
      });
    await rule('Late', 20, [{ Field: 'path-pattern', PathPatternConfig: { Values: ['/admin*'] } }], 'late');
    await rule(
      'Early',
      10,
      [
        { Field: 'path-pattern', PathPatternConfig: { Values: ['/admin/*'] } },
        { Field: 'http-header', HttpHeaderConfig: { HttpHeaderName: 'X-Who', Values: ['me'] } },
      ],
      'early',
    );
    expect((await get(`${url}/admin/x`, { 'x-who': 'me' })).body).toBe('early');
    expect((await get(`${url}/admin/x`)).body).toBe('late');
    expect((await get(`${url}/other`)).status).toBe(503);
  });

  it('fail for what they cannot do', async () => {
    const { balancer } = await setUp();
    const DefaultActions = [{ Type: 'authenticate-oidc' }];
    const input = { LoadBalancerArn: balancer.physicalId, Port: 81, DefaultActions };
    await expect(fleet.create(type('Listener'), 'Odd', input)).rejects.toThrow(
      /Odd.*DefaultActions\[0\]\.Type/,
    );
  });
});

describe('targets', () => {
  it('that do not run cannot be registered', async () => {
    const { group } = await setUp();
    await expect(change('RegisterTargets', group.physicalId, ['i-nothing'])).rejects.toMatchObject({
      name: 'InvalidTarget',
      message: expect.stringContaining('i-nothing'),
    });
    await expect(change('RegisterTargets', 'arn:none', ['i-nothing'])).rejects.toMatchObject({
      name: 'TargetGroupNotFound',
    });
  });

  it('of a group that no listener uses are not in use', async () => {
    const group = await fleet.create(type('TargetGroup'), 'Lonely', { Port: 8080 });
    const { id } = await instance((_request, response) => response.end());
    await change('RegisterTargets', group.physicalId, [id]);
    expect((await health(group.physicalId, id))[0]).toMatchObject({
      State: 'unused',
      Reason: 'Target.NotInUse',
    });
  });

  it.each([
    ['200', 200, true],
    ['200', 204, false],
    ['200-299', 204, true],
    ['200,301-302', 302, true],
    ['200,301-302', 303, false],
  ])('matcher %s and status %d', (matcher, status, result) => {
    expect(matches(matcher, status)).toBe(result);
  });
});

describe('the access log', () => {
  it('holds the newest entries in order', () => {
    const log = createAccessLog(3);
    for (const time of [1, 2, 3, 4, 5])
      log.add({ time, loadBalancer: 'b', method: 'GET', path: '/', status: 200, userAgent: '', traceId: '' });
    expect(log.entries().map(({ time }) => time)).toEqual([3, 4, 5]);
  });
});
