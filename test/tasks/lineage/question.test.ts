import { isAboutContents, isVersionOf, questionOf } from '../../../tasks/lineage/question.ts';

it.each([
  [
    '8f0c9c1f3a5d4f7f9b1e2d3c4b5a697887766554',
    { kind: 'commit', id: '8f0c9c1f3a5d4f7f9b1e2d3c4b5a697887766554' },
  ],
  [' 8F0C9C1 ', { kind: 'commit', id: '8f0c9c1' }],
  ['AMI-0aaa', { kind: 'image', id: 'ami-0aaa' }],
  ['i-0aaa', { kind: 'instance', id: 'i-0aaa' }],
  ['d-QAT000001', { kind: 'deployment', id: 'd-qat000001' }],
  ['openssl', { kind: 'package', name: 'openssl' }],
  ['openssl 3.2.2', { kind: 'package', name: 'openssl', version: '3.2.2' }],
  ['openssl@3.2.2', { kind: 'package', name: 'openssl', version: '3.2.2' }],
  [
    'openssl  1:3.2.2-1.amzn2023.0.1',
    { kind: 'package', name: 'openssl', version: '1:3.2.2-1.amzn2023.0.1' },
  ],
  ['python3.11', { kind: 'package', name: 'python3.11' }],
  ['gtk+@3', { kind: 'package', name: 'gtk+', version: '3' }],
  ['cve-2026-1111', { kind: 'vulnerability', vulnerabilityId: 'cve-2026-1111' }],
  ['GHSA-jfh8-c2jp-5v3q', { kind: 'vulnerability', vulnerabilityId: 'GHSA-jfh8-c2jp-5v3q' }],
  ['ALAS2023-2026-123', { kind: 'vulnerability', vulnerabilityId: 'ALAS2023-2026-123' }],
  // Names and addresses of people, and other text that somebody types.
  ['Dana Doe', { kind: 'package', name: 'Dana Doe' }],
  ['dana@example.com', { kind: 'package', name: 'dana@example.com' }],
  ['dana@3com.com', { kind: 'package', name: 'dana@3com.com' }],
  ['8f0c9c', { kind: 'package', name: '8f0c9c' }],
  ['CVE-2026', { kind: 'package', name: 'CVE-2026' }],
  ['openssl 3.2.2 x', { kind: 'package', name: 'openssl 3.2.2 x' }],
])('reads %j', (given, question) => {
  expect(questionOf(given)).toEqual(question);
});

it.each([
  ['CVE-2026-1111', true],
  ['openssl 3.2.2', true],
  ['openssl', false],
  ['ami-0aaa', false],
])('knows whether only images can have %s', (given, expected) => {
  expect(isAboutContents(questionOf(given))).toBe(expected);
});

it.each([
  ['1:3.2.2-1.amzn2023.0.1', '3.2.2', true],
  ['1:3.2.2-1.amzn2023.0.1', '3.2.2-1.amzn2023.0.1', true],
  ['1:3.2.2-1.amzn2023.0.1', '1:3.2.2', true],
  ['1:3.2.2-1.amzn2023.0.1', '1:3.2.2-1.amzn2023.0.1', true],
  ['3.2.2', '3.2.2', true],
  ['1:3.2.2-1.amzn2023.0.1', '2:3.2.2', false],
  ['1:3.2.2-1.amzn2023.0.1', '3.2', false],
  ['1:3.2.20-1.amzn2023.0.1', '3.2.2', false],
  ['1:3.2.2-1.amzn2023.0.1', '3.2.2-1', false],
  ['3.2.2-1.amzn2023.0.1', '0:3.2.2', true],
  ['0:3.2.2-1.amzn2023.0.1', '3.2.2', true],
  ['1:3.2.2-1.amzn2023.0.1', '0:3.2.2', false],
  ['3.2.2-1.amzn2023.0.1', '1:3.2.2', false],
  ['3.2.2~rc1-1', '3.2.2', false],
  ['3.2.2+git1-1', '3.2.2+git1', true],
])('compares the installed %s with the asked %s', (installed, asked, expected) => {
  expect(isVersionOf(installed, asked)).toBe(expected);
});
