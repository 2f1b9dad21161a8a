import type { FC } from 'hono/jsx';
import { commitTitle } from '../../tasks/words.ts';
import { WholeTitle } from './given-text.tsx';
import { Notice, Page } from './layout.tsx';
import { Card, ChangeLine } from './parts.tsx';
import { ReasonForm } from './reason-form.tsx';
import type { StopPageProps } from './stop.tsx';

/** Asks an operator for the reason to deploy to Prod although alarms are on. */
export const DespiteAlarmsPage: FC<StopPageProps> = ({ promotion, person, path, problem }) => (
  <Page
    title={`Redrive despite alarms: ${commitTitle(promotion)}`}
    person={person}
    here={`${path}/despite-alarms`}
    section="promotions"
  >
    <div class="narrow">
      <p class="crumb">
        <a href={path}>Promotion</a> · Redrive despite alarms
      </p>
      <h1>Redrive it despite the alarms?</h1>
      <ChangeLine promotion={promotion} />
      {problem === undefined ? null : (
        <Notice kind="bad" title="The redrive was not started" reason="BadForm">
          <p>{problem}</p>
        </Notice>
      )}
      <WholeTitle promotion={promotion} id="whole-title" />
      <Card id="despite-alarms" title={commitTitle(promotion)}>
        <p>
          The alarms that are on when the deployment to Prod begins do not watch it. All others do. This holds
          for one attempt. If what Prod runs is at fault, go back to an earlier release instead.
        </p>
        <ReasonForm
          action={`${path}/despite-alarms`}
          known="as part of the promotion's evidence"
          button="Redrive despite the alarms"
          back={{ text: 'Do not redrive it', path }}
        />
      </Card>
    </div>
  </Page>
);
