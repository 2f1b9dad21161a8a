import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hueOf, renderPage } from '../src/page.mjs';
import { parseRevision } from '../src/revision.mjs';

const version = {
  application: 'shop <1>',
  commit: '0123456789abcdef0123456789abcdef01234567',
  deploymentId: 'd-ABC123',
  deploymentGroup: 'prod',
  instanceId: 'i-0123456789abcdef0',
  startedAt: '2026-01-02T03:04:05.000Z',
};

test('the page shows commit, deployment and instance', () => {
  const page = renderPage(version);
  for (const text of [version.commit, version.deploymentId, version.instanceId])
    assert.ok(page.includes(text));
});

test('the page escapes what it shows', () => {
  assert.ok(renderPage(version).includes('shop &#60;1&#62;'));
});

test('two commits differ in colour', () => {
  assert.notEqual(hueOf('000001aa'), hueOf('000002aa'));
});

test('a revision that git has not filled in is unknown', () => {
  assert.equal(parseRevision('$Format:%H$\n'), 'unknown');
  assert.equal(parseRevision(`${version.commit}\n`), version.commit);
});
