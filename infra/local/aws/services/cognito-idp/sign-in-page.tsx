import type { FC } from 'hono/jsx';
import { assetAddress } from '../../../../../approvals-ui/assets/assets.ts';
import type { PoolUser } from './pools.ts';

/** The page on which one says who one is. */
export const SignInPage: FC<{
  users: readonly PoolUser[];
  /** Where the choice is sent. */
  action: string;
  /** Host that one goes on to. */
  application: string;
}> = ({ users, action, application }) => (
  <html lang="en">
    <head>
      <meta charset="utf-8" />
      <meta name="viewport" content="width=device-width, initial-scale=1" />
      <meta name="color-scheme" content="light dark" />
      <title>Sign in · Lockstep</title>
      <link rel="stylesheet" href={assetAddress('site.css')} />
      <link rel="icon" href={assetAddress('icon.svg')} type="image/svg+xml" />
    </head>
    <body>
      <main class="sign-in">
        <p class="brand">
          <img src={assetAddress('icon.svg')} width="28" height="28" alt="" />
          Lockstep
        </p>
        <h1>Who are you?</h1>
        <p>
          To go on to <bdi>{application}</bdi>, pick a person.
        </p>
        <form method="post" action={action}>
          <ul class="people">
            {users.map(({ name, description, groups }) => (
              <li>
                <button type="submit" name="person" value={name}>
                  <span>
                    <strong>{name}</strong>
                    <span class="muted">{description}</span>
                  </span>
                  <span class="tags">
                    {groups.map((group) => (
                      <span class="tag">{group.toUpperCase()}</span>
                    ))}
                  </span>
                </button>
              </li>
            ))}
          </ul>
        </form>
        <p class="muted">
          This is the emulator, so nobody is asked for a password. On AWS, the user pool asks for one (and a
          second factor), or hands over to your company's own sign-in.
        </p>
      </main>
    </body>
  </html>
);

/** A page for what cannot go on. */
export const SignInProblem: FC<{ message: string }> = ({ message }) => (
  <html lang="en">
    <head>
      <meta charset="utf-8" />
      <meta name="viewport" content="width=device-width, initial-scale=1" />
      <meta name="color-scheme" content="light dark" />
      <title>Sign in · Lockstep</title>
      <link rel="stylesheet" href={assetAddress('site.css')} />
    </head>
    <body>
      <main class="sign-in">
        <h1>This sign-in cannot go on</h1>
        <p>{message}</p>
      </main>
    </body>
  </html>
);
