import type { Host } from '@lockstep/aws-emulator';
import { runCommand } from '../../cli/commands.ts';
import type { System } from '../../cli/system.ts';
import { redriveHint } from '../../infra/local/run/narrate.ts';
import type { Execution } from '../../tasks/executions/execution.ts';
import { adviceInOneLine, adviceLines } from '../../tasks/redrive/advice-text.ts';
import type { RedriveAdvice } from '../../tasks/redrive/redrive-advice.ts';
import { createHistory } from '../approvals-ui/support/history.ts';
import { createScene, untilQc } from '../approvals-ui/support/scene.ts';
import { PROMOTION_ID } from '../tasks/doubles/samples.ts';
import { createCommandLine } from './command-line.ts';

/** What the site, the command line and the terminal tell of one promotion whose QC request is open. */
const tellings = async (change: Partial<Execution>, configuration?: string) => {
  const scene = createScene();
  const request = await scene.addQcRequest();
  const promotion = await scene.ledger.promotion(PROMOTION_ID);
  const { executionArn = '', startedAt = '' } = promotion ?? {};
  const known = scene.executions.get(executionArn);
  if (!known) throw new Error('The scene has no execution.');
  // The ledger does not know of the end yet.
  scene.executions.set(executionArn, {
    ...known,
    endedAt: scene.now(),
    currentDefinition: known.definition,
    events: untilQc(createHistory(Date.parse(startedAt))).events,
    ...change,
  });
  if (configuration) scene.reconfigure(configuration);

  const { ledger, executions, configurationVersion, siteUrl } = scene.dependencies;
  const now = () => new Date(scene.now());
  const { store, disk } = createCommandLine();
  const system = { ledger, executions, configurationVersion, evidence: store, now } as unknown as System;
  const host = { endpointUrl: 'http://127.0.0.1:4566', clock: { now: scene.now } } as unknown as Host;
  const page = await scene.get(`/promotions/${PROMOTION_ID}`, await scene.signIn('olga'));
  const shown = await runCommand({ name: 'show', promotion: PROMOTION_ID }, system, disk);
  return {
    request,
    html: (await page.text()).replaceAll('&#39;', "'").replaceAll('&quot;', '"'),
    shown: {
      text: shown.text,
      ...(shown.json as { redrive: RedriveAdvice; promotion: { status: string } }),
    },
    terminal: await redriveHint(
      { host, system: { ...system, siteUrl } as unknown as Parameters<typeof redriveHint>[0]['system'] },
      executionArn,
    ),
  };
};

it.each<[string, Partial<Execution>, string, string | undefined]>([
  ['was stopped', { status: 'ABORTED', redrivable: true }, 'ABORTED', undefined],
  ['timed out', { status: 'TIMED_OUT', redrivable: true }, 'TIMED_OUT', undefined],
  ['was stopped before a new configuration', { status: 'ABORTED', redrivable: true }, 'ABORTED', 'version-2'],
  ['was superseded', { status: 'FAILED', error: 'Superseded' }, 'SUPERSEDED', undefined],
])(
  'site, command line and terminal say the same of a promotion that %s',
  async (_, change, status, configuration) => {
    const { html, shown, terminal } = await tellings(change, configuration);
    const { redrive: advice, promotion, text } = shown;
    expect(promotion.status).toBe(status);
    expect(html).toContain(`data-verdict="${advice.verdict}"`);
    expect(html).toContain(advice.sentence);
    for (const point of advice.points) expect(html).toContain(point.text);
    for (const line of adviceLines(advice)) expect(text).toContain(line);
    expect(terminal?.split('\n')[0]).toBe(adviceInOneLine(advice).split('\n')[0]);
    // Each of them compares the request with the configuration as it is deployed.
    const changed = 'the configuration has changed';
    for (const telling of [html, text]) expect(telling.includes(changed)).toBe(configuration !== undefined);
  },
);
