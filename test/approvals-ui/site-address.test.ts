import fc from 'fast-check';
import { localPath, readSiteAddress } from '../../approvals-ui/site-address.ts';

const ORIGIN = 'https://approvals.example.com';

describe('the return address', () => {
  it.each(['/', '/approvals/abc', '/promotions?next=abc', '/promotions/x%2Fy'])(
    'keeps the path %s',
    (path) => {
      expect(localPath(path, ORIGIN)).toBe(path);
    },
  );

  it.each([
    [undefined],
    [''],
    ['approvals'],
    ['//evil.example'],
    ['/\\evil.example'],
    ['/\t/evil.example'],
    ['\\\\evil.example'],
    ['https://evil.example/'],
    ['javascript:alert(1)'],
    ['/x/..//evil.example'],
    ['/./\\evil.example'],
    ['/sign-in?return=/'],
    ['/sign-out'],
    ['/signed-in?code=1'],
    [`/${'a'.repeat(600)}`],
  ])('leads to the start page for %p', (value) => {
    expect(localPath(value, ORIGIN)).toBe('/');
  });

  it('never leads to another host', () => {
    const piece = fc.constantFrom(
      '/',
      '\\',
      '.',
      '..',
      ':',
      '@',
      '?',
      '#',
      '%2f',
      '\t',
      '\n',
      ' ',
      'evil.example',
      'a',
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
        const path = localPath(pieces.join(''), ORIGIN);
        expect(new URL(path, ORIGIN).origin).toBe(ORIGIN);
        expect(path).toMatch(/^\/(?![/\\])/);
      }),
      { numRuns: 1000 },
    );
  });
});

describe('the site address', () => {
  it.each([
    ['https://approvals.example.com', { isSecure: true, isLoopback: false }],
    ['https://approvals.example.com/', { origin: 'https://approvals.example.com' }],
    ['http://127.0.0.1:4567', { isSecure: false, isLoopback: true, host: '127.0.0.1:4567' }],
    ['http://localhost:4567', { isSecure: false, isLoopback: true }],
    ['http://[::1]:4567', { isSecure: false, isLoopback: true }],
  ])('takes %s', (url, expected) => {
    expect(readSiteAddress(url)).toMatchObject(expected);
  });

  it.each([
    'http://approvals.example.com',
    'http://127.0.0.1.evil.example',
    'ftp://127.0.0.1',
    'approvals',
    '',
  ])('fails for %p, naming it', (url) => {
    expect(() => readSiteAddress(url)).toThrow(
      expect.objectContaining({ name: 'SiteAddressNotAllowed', message: expect.stringContaining(url) }),
    );
  });
});
