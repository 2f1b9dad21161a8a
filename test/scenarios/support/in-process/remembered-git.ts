import type * as Git from '../../../../infra/local/aws/git.ts';

let isRemembering = false;

/** From now on nothing is pushed any more, so that git need not be asked the same twice. */
export const rememberGit = (): void => {
  isRemembering = true;
};

/** Git that is asked the same once only, as soon as repositories do not change any more. */
export const rememberedGit = (git: typeof Git): typeof Git => {
  const answers = new Map<string, Promise<Buffer>>();
  const gitBytes: typeof Git.gitBytes = (...args) => {
    const key = JSON.stringify(args);
    const answer = (isRemembering && answers.get(key)) || git.gitBytes(...args);
    if (isRemembering) answers.set(key, answer);
    return answer;
  };
  return {
    ...git,
    gitBytes,
    gitText: async (...args) => (await gitBytes(...args)).toString('utf8').replace(/\n$/, ''),
  };
};
