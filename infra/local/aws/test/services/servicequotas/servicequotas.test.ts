import { GetServiceQuotaCommand, ServiceQuotasClient } from '@aws-sdk/client-service-quotas';
import { createEndpoint, type Endpoint } from '../../../endpoint/endpoint.ts';
import { createServiceQuotasService } from '../../../services/servicequotas/servicequotas.ts';
import {
  administratorAt,
  freePort,
  startHost,
  type TestHost,
  temporaryFolders,
} from '../../assembly/assembly-host.ts';

const newFolder = temporaryFolders();
let running: TestHost;
let endpoint: Endpoint;
let client: ServiceQuotasClient;

beforeEach(async () => {
  running = await startHost(newFolder(), [createServiceQuotasService], await freePort());
  endpoint = await createEndpoint(running.host);
  client = new ServiceQuotasClient(administratorAt(endpoint, running));
});
afterEach(async () => {
  client.destroy();
  await endpoint.close();
  await running.stop();
});

const get = (QuotaCode: string) => client.send(new GetServiceQuotaCommand({ ServiceCode: 'ec2', QuotaCode }));

it("tells the account's quota", async () => {
  expect(await get('L-1216C47A')).toMatchObject({
    Quota: { ServiceCode: 'ec2', QuotaCode: 'L-1216C47A', Value: 64, Adjustable: true },
  });
});

it('fails for a quota that it does not know', async () => {
  await expect(get('L-00000000')).rejects.toMatchObject({ name: 'NoSuchResourceException' });
});
