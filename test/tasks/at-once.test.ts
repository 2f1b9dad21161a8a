import { mapAtOnce } from '../../tasks/at-once.ts';

it('works on all items, on so many at a time, and gives what came of each in their order', async () => {
  let [working, most] = [0, 0];
  const results = await mapAtOnce(3, [5, 1, 4, 2, 3, 0, 6], async (item) => {
    most = Math.max(most, ++working);
    for (let turn = 0; turn < item; turn++) await Promise.resolve();
    working--;
    return item * 2;
  });
  expect(results).toEqual([10, 2, 8, 4, 6, 0, 12]);
  expect(most).toBe(3);
});

it('works on nothing, and fails with the first failure', async () => {
  expect(await mapAtOnce(3, [], () => Promise.reject(new Error('none')))).toEqual([]);
  await expect(mapAtOnce(2, [1, 2], (item) => Promise.reject(new Error(`item ${item}`)))).rejects.toThrow(
    'item 1',
  );
});
