import fs from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import {
  COMPANY_CLIENT,
  follow,
  signInAt,
  startCompany,
} from '../../infra/local/aws/test/services/cognito-idp/company.ts';
import { createCookieJar } from '../../infra/local/aws/test/services/cognito-idp/user-pool.ts';
import { startLocalRun } from '../../infra/local/run/local-run.ts';
import { testAssembly } from '../support/assembly.ts';
import { freePorts } from '../support/ports.ts';
import { synthesizeWith } from './support/assemblies.ts';

jest.setTimeout(400_000);

const administrator = { kind: 'administrator' } as const;

it("signs people in at the company's provider, with the role of their group and no more permissions", async () => {
  const stateDir = fs.mkdtempSync(path.join(tmpdir(), 'lockstep-company-'));
  const ports = await freePorts();
  const siteUrl = `http://127.0.0.1:${ports.approvals}`;
  const people = new Map([
    ['ada', { email: 'ada@example.com', groups: ['Lockstep QC', 'staff'] }],
    ['bob', { email: 'bob@example.com', groups: ['staff'] }],
  ]);
  let company: Awaited<ReturnType<typeof startCompany>> | undefined;
  try {
    // Without providers first: the redirect URI and the secret are made before the provider is configured.
    const first = await startLocalRun({ stateDir, ports, assemblyDirectory: await testAssembly() });
    const toPool = (await fetch(`${siteUrl}/sign-in`, { redirect: 'manual' })).headers.get('location') ?? '';
    const issuer = new URL(toPool).href.replace(/\/auth\?.*$/, '');
    company = await startCompany(`${issuer}/oauth2/idpresponse`, people);
    const secret = await first.host.call<{ ARN: string }>(administrator, 'secretsmanager', 'CreateSecret', {
      Name: 'company-sign-in',
      SecretString: COMPANY_CLIENT.secret,
    });
    await first.stop();

    const oidc = {
      issuer: company.issuer,
      clientId: COMPANY_CLIENT.id,
      clientSecretArn: secret.ARN,
    };
    const assemblyDirectory = path.join(stateDir, 'company-sign-in');
    await synthesizeWith(assemblyDirectory, (configuration) => ({
      ...configuration,
      signIn: {
        passwords: false,
        providers: [{ name: 'Company', oidc, emailVerified: true, groups: { qc: ['Lockstep QC'] } }],
      },
    }));
    const run = await startLocalRun({ stateDir, ports, assemblyDirectory });
    try {
      const home = async (subject: string) => {
        company?.signsIn(subject);
        const jar = createCookieJar();
        const back = await signInAt(jar, `${siteUrl}/sign-in`, 'Company', `${siteUrl}/signed-in`);
        const { answer } = await follow(jar, back.url, 'nowhere');
        return (await answer?.text()) ?? '';
      };
      const ada = await home('ada');
      expect(ada).toContain('Company_ada');
      expect(ada).toMatch(/class="tag"[^>]*>QC</);
      const bob = await home('bob');
      expect(bob).toContain('Company_bob');
      expect(bob).not.toMatch(/class="tag"[^>]*>QC</);
      const page = await follow(createCookieJar(), `${siteUrl}/sign-in`, 'nowhere');
      expect(await page.answer?.text()).not.toContain('quinn');
      expect(run.host.accessReport().denied).toEqual([]);
    } finally {
      await run.stop();
    }
  } finally {
    await company?.stop();
    fs.rmSync(stateDir, { recursive: true, force: true });
  }
});
