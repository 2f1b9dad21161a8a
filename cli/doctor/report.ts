import { printable, table } from '../format.ts';
import type { Examination } from './examine.ts';
import { type Place, placeName } from './place.ts';

type Places = readonly Pick<Place, 'account' | 'region'>[];

/** What is in the way, for people: a row for each thing to do. */
export const reportText = (places: Places, { findings, notChecked }: Examination): string =>
  [
    `Looked at ${places.map(placeName).join(', ')}.`,
    ...(notChecked.length === 0 ? [] : [`Not checked here: ${notChecked.join(', ')}.`]),
    '',
    findings.length === 0
      ? 'Nothing is in the way.'
      : table([
          ['WHAT IS WRONG', 'VALUE', 'REMEDY'],
          ...findings.map(({ what, value, remedy }) => [what, value, remedy].map(printable)),
        ]),
  ].join('\n');

/** The same for programs. */
export const reportJson = (places: Places, { findings, notChecked }: Examination): unknown => ({
  places: places.map(({ account, region }) => ({ account, region })),
  findings,
  notChecked,
});
