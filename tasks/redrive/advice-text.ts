import { adviceTitles, type RedriveAdvice } from './redrive-advice.ts';

/** Where RUNBOOK.md has more, as text. */
export const runbookText = (heading: string): string => `RUNBOOK.md, "${heading}"`;

/** The advice line by line, without indentation; the first is the verdict. */
export const adviceLines = ({ sentence, heading, points }: RedriveAdvice): readonly string[] => [
  `${sentence}${heading === undefined ? '' : ` See ${runbookText(heading)}.`}`,
  ...points.map(
    ({ about, text, heading, isWarning }) =>
      `${adviceTitles[about]}: ${isWarning ? 'CAREFUL: ' : ''}${text}${heading === undefined ? '' : ` See ${runbookText(heading)}.`}`,
  ),
];

/** The advice in one line, for the terminal of the local run. */
export function adviceInOneLine({ mayRedrive, sentence, resumesAt, points }: RedriveAdvice): string {
  const fix = points.find(({ about }) => about === 'fix');
  return mayRedrive && resumesAt !== undefined
    ? `A redrive resumes at ${resumesAt.state}. First: ${fix?.text ?? ''}`.trim()
    : sentence;
}
