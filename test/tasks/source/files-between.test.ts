import { filesBetween } from '../../../tasks/source/files-between.ts';

const holding = (contents: Readonly<Record<string, string>>) => new Map(Object.entries(contents));

it('compares what files were and are, by path', () => {
  const next = holding({ same: '1', changed: '2', added: '3' });
  expect(filesBetween(holding({ same: '1', changed: '1', gone: '1' }), next)).toEqual([
    { path: 'added', change: 'added' },
    { path: 'changed', change: 'changed' },
    { path: 'gone', change: 'removed' },
  ]);
  expect(filesBetween(holding({}), next).map(({ change }) => change)).toEqual(['added', 'added', 'added']);
});
