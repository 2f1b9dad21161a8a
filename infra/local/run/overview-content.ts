import type { OverviewContent } from '../overview/overview.tsx';
import { readOutbox } from '../services/sns/outbox.ts';
import type { Session } from './run-main.ts';

/** What the overview page shows of a running session. */
export const overviewContent = ({ run, system, application, source }: Session): OverviewContent => {
  const { host } = run;
  return {
    places: [
      { name: 'Approvals', what: 'decisions, promotions, the graph', href: system.siteUrl },
      { name: 'QAT application', what: 'what QC looks at', href: `http://127.0.0.1:${host.ports.qat}` },
      { name: 'Prod application', what: 'behind the load balancer', href: application.prodUrl },
    ],
    commands: [
      {
        what: 'Promote another commit:',
        command: `git -C ${source.directory} push ${application.repositoryPath} HEAD:${application.branch}`,
      },
      {
        what: 'Ask Step Functions with the AWS CLI:',
        command: `aws --endpoint-url ${host.endpointUrl} --region ${host.region} stepfunctions list-executions --state-machine-arn ${application.stateMachineArn}`,
      },
    ],
    people: [
      { name: 'quinn', roles: 'decides as QC' },
      { name: 'parker', roles: 'decides as PMO' },
      { name: 'sam', roles: 'is in both groups, and may decide once per promotion' },
      { name: 'olga', roles: 'operator: redrives' },
      { name: 'dana', roles: 'developer: sees everything, decides nothing' },
    ],
    mails: readOutbox(host.store).reverse(),
  };
};
