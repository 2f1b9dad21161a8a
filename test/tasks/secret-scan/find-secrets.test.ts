import fc from 'fast-check';
import { findSecrets } from '../../../tasks/secret-scan/find-secrets.ts';
import { MOST_BYTES } from '../../../tasks/secret-scan/secret-scan.ts';

// Made up, and in two parts, so that scans of this repository do not take them for secrets.
const GITHUB = ['ghp_', 'wWPw5k4aXcaT4fNP0UcnZwJUVFk6LO0pINUx'].join('');
const AWS = ['wJalrXUtnFEMI/K7MDENG/', 'bPxRfiCYzzzzzzzKEY'].join('');
const KEY = ['-----BEGIN RSA ', 'PRIVATE KEY-----'].join('');
const KEY_END = ['-----END RSA ', 'PRIVATE KEY-----'].join('');
const keyFile = `${KEY}\n${`${'MIIEowIBAAKCAQEAu1SU1LfVLPHCozMxH2Mo4lgOEePzNm0tRgeLezV6ffAt0gun'}\n`.repeat(8)}${KEY_END}\n`;
const bytes = (text: string) => new TextEncoder().encode(text);

describe('secrets in a file', () => {
  it.each([
    ['a token of GitHub', `a\nb\nconst token = "${GITHUB}";\n`, 3, 'github/GITHUB_TOKEN'],
    ['a secret key of AWS', `AWS_SECRET_ACCESS_KEY=${AWS}\n`, 1, 'aws/AWSSecretAccessKey'],
    ['a private key', `\n${keyFile}`, 2, 'privatekey/PrivateKey'],
    [
      "a database's address",
      'url: mongodb://shop:pa55w0rd@db.internal/shop',
      1,
      'database-connection-string/MongoDBConnection',
    ],
  ])('are found by line and rule: %s', async (_, text, line, rule) => {
    expect(await findSecrets(bytes(text))).toEqual({ findings: [{ line, rule }] });
  });

  it('are never told', async () => {
    await fc.assert(
      fc.asyncProperty(fc.stringMatching(/^[A-Za-z0-9]{36}$/), async (secret) => {
        const found = await findSecrets(bytes(`x = "ghp_${secret}"\nAWS_SECRET_ACCESS_KEY=${secret}abcd\n`));
        expect(found.findings.length).toBeGreaterThan(0);
        expect(JSON.stringify(found)).not.toContain(secret);
      }),
      { seed: 144, numRuns: 50 },
    );
  });

  it('are none where a text only speaks of them', async () => {
    expect(await findSecrets(bytes('The password is in Secrets Manager.\nkey: <secret>\n'))).toEqual({
      findings: [],
    });
  });

  it.each([
    ['too large, or no plain file', undefined],
    ['too large, or no plain file', bytes('a'.repeat(MOST_BYTES + 1))],
    ['binary', bytes(`\0${GITHUB}`)],
  ])('are not looked for in what is %s', async (why, content) => {
    expect(await findSecrets(content)).toEqual({ findings: [], notScanned: why });
  });

  it.each([`// secretlint-disable\n${GITHUB}\n`, `x = '${GITHUB}' // secretlint-disable-line\n`])(
    'may be left out by a comment, which is said',
    async (text) => {
      expect(await findSecrets(bytes(text))).toEqual({
        findings: [],
        notScanned: 'a comment turns the scan off',
      });
    },
  );
});
