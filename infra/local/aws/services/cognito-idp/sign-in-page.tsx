import type { FC } from 'hono/jsx';
import type { PoolUser } from './pools.ts';
import { lookAssets } from './sign-in-look.ts';

/** The page on which one says who one is. */
export const SignInPage: FC<{
  users: readonly PoolUser[];
  /** Names of other providers that one can sign in at. */
  providers: readonly string[];
  /** Where the choice is sent. */
  action: string;
  /** Host that one goes on to. */
  application: string;
  productName: string;
}> = ({ users, providers, action, application, productName }) => (
  <html lang="en">
    <head>
      <meta charset="utf-8" />
      <meta name="viewport" content="width=device-width, initial-scale=1" />
      <meta name="color-scheme" content="light dark" />
      <title>Sign in · {productName}</title>
      <link rel="stylesheet" href={lookAssets.styleSheet} />
      <link rel="icon" href={lookAssets.icon} type="image/svg+xml" />
    </head>
    <body>
      <main class="sign-in">
        <p class="brand">
          <img src={lookAssets.icon} width="28" height="28" alt="" />
          {productName}
        </p>
        <h1>Who are you?</h1>
        {users.length > 0 && (
          <>
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
          </>
        )}
        {providers.map((name) => (
          <p>
            <a href={`${action}?provider=${encodeURIComponent(name)}`}>Sign in at {name}</a>
          </p>
        ))}
        <p class="muted">
          This is the emulator, so nobody is asked for a password. On AWS, the user pool asks for one (and a
          second factor), or hands over to your company's own sign-in.
        </p>
      </main>
    </body>
  </html>
);

/** A page for what cannot go on. */
export const SignInProblem: FC<{ message: string; productName: string }> = ({ message, productName }) => (
  <html lang="en">
    <head>
      <meta charset="utf-8" />
      <meta name="viewport" content="width=device-width, initial-scale=1" />
      <meta name="color-scheme" content="light dark" />
      <title>Sign in · {productName}</title>
      <link rel="stylesheet" href={lookAssets.styleSheet} />
    </head>
    <body>
      <main class="sign-in">
        <h1>This sign-in cannot go on</h1>
        <p>{message}</p>
      </main>
    </body>
  </html>
);
