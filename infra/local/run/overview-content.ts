import { readOutbox } from '@lockstep/aws-emulator';
import { EVENT_SOURCE } from '../../../tasks/events/event-types.ts';
import type { EventDetail } from '../../../tasks/events/promotion-event.ts';
import { awsCommand } from './commands.ts';
import type { OverviewContent } from './overview/overview.tsx';
import { people } from './people.ts';
import type { Session } from './session.ts';

/** The newest events that the page shows: a promotion has about thirty. */
const MOST_EVENTS = 100;

/** What the overview page shows of a running session. */
export const overviewContent = ({ run, system, sources }: Session): OverviewContent => {
  const { host } = run;
  const several = system.applications.length > 1;
  // The site may have been at another port when the event was told.
  const here = (detail: EventDetail) => ({
    ...detail,
    url: `${system.siteUrl}${new URL(detail.url).pathname}`,
  });
  const named = (name: string) => (several ? name : 'application');
  return {
    places: [
      { name: 'Approvals', what: 'decisions, promotions, the graph', href: system.siteUrl },
      ...system.applications.flatMap(({ name, qatUrl, prodUrl }) => [
        { name: `QAT ${named(name)}`, what: 'what QC looks at', href: qatUrl },
        { name: `Prod ${named(name)}`, what: 'behind the load balancer', href: prodUrl },
      ]),
    ],
    commands: system.applications.flatMap(({ name, remote, branch, stateMachineArn }) => [
      {
        what: several ? `Promote another commit of ${name}:` : 'Promote another commit:',
        command: `git -C ${sources.get(name)?.directory ?? '.'} push ${remote} HEAD:${branch}`,
      },
      {
        what: several
          ? `Ask Step Functions about ${name} with the AWS CLI:`
          : 'Ask Step Functions with the AWS CLI:',
        command: awsCommand(host, `stepfunctions list-executions --state-machine-arn ${stateMachineArn}`),
      },
    ]),
    events: run.services.events
      .recentEvents()
      .filter(({ source }) => source === EVENT_SOURCE)
      .slice(-MOST_EVENTS)
      .reverse()
      .map(({ 'detail-type': type, detail }) => ({ type, detail: here(detail as unknown as EventDetail) })),
    people: people.map(({ name, description }) => ({ name, roles: description })),
    mails: readOutbox(host.store).reverse(),
  };
};
