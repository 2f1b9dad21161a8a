import { EncryptJWT, SignJWT, UnsecuredJWT } from 'jose';
import { createSealer } from '../../approvals-ui/sign-in/sealed.ts';

const SECRET = 'a secret for tests, of forty-four characters';
const NOW = Date.parse('2026-11-22T10:00:00.000Z');
const HOUR = 60 * 60 * 1000;

describe('sealed values', () => {
  const sealer = createSealer(async () => SECRET);

  it('open to what was sealed, until they expire', async () => {
    const sealed = await sealer.seal('session', { name: 'quinn' }, 3600, NOW);
    expect(await sealer.open('session', sealed, NOW + HOUR - 1000)).toEqual({ name: 'quinn' });
    expect(await sealer.open('session', sealed, NOW + HOUR + 1000)).toBeUndefined();
  });

  it('do not show what they hold', async () => {
    const sealed = await sealer.seal('session', { name: 'quinn' }, 3600, NOW);
    expect(Buffer.from(sealed, 'base64url').toString('latin1')).not.toContain('quinn');
    expect(sealed.split('.')).toHaveLength(5);
  });

  it('do not open for another purpose', async () => {
    const sealed = await sealer.seal('sign-in', { state: 's' }, 3600, NOW);
    expect(await sealer.open('session', sealed, NOW)).toBeUndefined();
  });

  it('do not open with another secret', async () => {
    const sealed = await sealer.seal('session', 1, 3600, NOW);
    const other = createSealer(async () => `${SECRET}.`);
    expect(await other.open('session', sealed, NOW)).toBeUndefined();
  });

  it('do not open when any part was changed', async () => {
    const sealed = await sealer.seal('session', { groups: ['qc'] }, 3600, NOW);
    const parts = sealed.split('.');
    for (const index of [0, 2, 3, 4]) {
      const part = parts[index] ?? '';
      const changed = `${part[0] === 'A' ? 'B' : 'A'}${part.slice(1)}`;
      const forged = parts.with(index, changed).join('.');
      expect(await sealer.open('session', forged, NOW)).toBeUndefined();
    }
  });

  it('do not open in forms that anybody can write', async () => {
    const claims = { value: { person: {} } };
    const seconds = NOW / 1000;
    const forms = [
      new UnsecuredJWT(claims)
        .setAudience('session')
        .setIssuedAt(seconds)
        .setExpirationTime(seconds + 60)
        .encode(),
      await new SignJWT(claims)
        .setProtectedHeader({ alg: 'HS256' })
        .setAudience('session')
        .setExpirationTime(seconds + 60)
        .sign(new TextEncoder().encode(SECRET)),
      await new EncryptJWT(claims)
        .setProtectedHeader({ alg: 'dir', enc: 'A256GCM' })
        .setAudience('session')
        .setIssuedAt(seconds)
        .setExpirationTime(seconds + 60)
        .encrypt(new TextEncoder().encode(SECRET.slice(0, 32))),
      '',
      'a.b.c.d.e',
    ];
    for (const form of forms) expect(await sealer.open('session', form, NOW)).toBeUndefined();
  });

  it('ask for the secret once', async () => {
    let asked = 0;
    const counting = createSealer(async () => {
      asked++;
      return SECRET;
    });
    const sealed = await counting.seal('session', 1, 60, NOW);
    await counting.open('session', sealed, NOW);
    expect(asked).toBe(1);
  });

  it('fail for a short secret, and ask again after a failure', async () => {
    const secrets = ['short', SECRET];
    const recovering = createSealer(async () => secrets.shift() ?? SECRET);
    await expect(recovering.seal('session', 1, 60, NOW)).rejects.toMatchObject({
      name: 'SessionSecretTooShort',
    });
    await expect(recovering.seal('session', 1, 60, NOW)).resolves.toEqual(expect.any(String));
  });
});
