import type { FC } from 'hono/jsx';
import type { Release } from '../../tasks/promotions/releases.ts';
import { approverRoles, roleTitles } from '../../tasks/words.ts';
import { GivenText } from './given-text.tsx';
import { MOST_DECIDER } from './parts.tsx';

/** Who approved a release, by role. */
export const Approvers: FC<{ release: Release }> = ({ release }) => (
  <>
    {approverRoles
      .filter((role) => release.approvedBy[role].length > 0)
      .map((role, index) => (
        <>
          {index === 0 ? null : ', '}
          {release.approvedBy[role].map((name, place) => (
            <>
              {place === 0 ? null : ' and '}
              <GivenText text={name} most={MOST_DECIDER} />
            </>
          ))}{' '}
          ({roleTitles[role]})
        </>
      ))}
  </>
);
