import type { FC } from 'hono/jsx';
import { commitTitle } from '../../tasks/words.ts';
import { WholeTitle } from './given-text.tsx';
import { Notice, Page } from './layout.tsx';
import { Card, ChangeLine } from './parts.tsx';
import { ReasonForm } from './reason-form.tsx';
import type { StopPageProps } from './stop.tsx';

/** Asks an operator for the reason to send Prod's traffic back. */
export const SendBackPage: FC<StopPageProps> = ({ promotion, person, path, problem }) => (
  <Page
    title={`Send back: ${commitTitle(promotion)}`}
    person={person}
    here={`${path}/send-back`}
    section="promotions"
  >
    <div class="narrow">
      <p class="crumb">
        <a href={path}>Promotion</a> · Send back
      </p>
      <h1>Send traffic back now?</h1>
      <ChangeLine promotion={promotion} />
      {problem === undefined ? null : (
        <Notice kind="bad" title="The traffic was not sent back" reason="BadForm">
          <p>{problem}</p>
        </Notice>
      )}
      <WholeTitle promotion={promotion} id="whole-title" />
      <Card id="send-back" title={commitTitle(promotion)}>
        <p>
          CodeDeploy gives the traffic of Prod back to the old instances, which still run. The promotion then
          fails at Deploy to Prod, and Lockstep restores Prod.
        </p>
        <ReasonForm
          action={`${path}/send-back`}
          known="mailed to operators"
          button="Send traffic back"
          back={{ text: 'Do not send it back', path }}
        />
      </Card>
    </div>
  </Page>
);
