import type { FC } from 'hono/jsx';
import type { Person, Promotion } from '../../tasks/ledger/items.ts';
import { commitTitle } from '../../tasks/words.ts';
import { WholeTitle } from './given-text.tsx';
import { Notice, Page } from './layout.tsx';
import { Card, ChangeLine } from './parts.tsx';
import { ReasonForm } from './reason-form.tsx';

/** What the page that asks for a reason shows. */
export interface StopPageProps {
  readonly promotion: Promotion;
  readonly person: Person;
  /** Path of the promotion's page. */
  readonly path: string;
  /** What was wrong with the reason that was just sent. */
  readonly problem?: string;
}

/** Asks an operator for the reason to stop a promotion. */
export const StopPage: FC<StopPageProps> = ({ promotion, person, path, problem }) => (
  <Page title={`Stop: ${commitTitle(promotion)}`} person={person} here={`${path}/stop`} section="promotions">
    <div class="narrow">
      <p class="crumb">
        <a href={path}>Promotion</a> · Stop
      </p>
      <h1>Stop this promotion?</h1>
      <ChangeLine promotion={promotion} />
      {problem === undefined ? null : (
        <Notice kind="bad" title="Nothing was stopped" reason="BadForm">
          <p>{problem}</p>
        </Notice>
      )}
      <WholeTitle promotion={promotion} id="whole-title" />
      <Card id="stop" title={commitTitle(promotion)}>
        <p>
          Its execution ends at once. Lockstep withdraws open requests and releases the environment locks.
          Image builds and deployments that have begun continue; stop these in their own service.
        </p>
        <p>An operator can redrive it within 14 days: it resumes where it was stopped.</p>
        <ReasonForm
          action={`${path}/stop`}
          known="mailed to operators"
          button="Stop the promotion"
          back={{ text: 'Do not stop it', path }}
        />
      </Card>
    </div>
  </Page>
);
