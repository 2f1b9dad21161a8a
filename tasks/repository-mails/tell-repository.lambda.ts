import { logged } from '../log.ts';
import { createSnsNotices } from '../notices/sns-notices.ts';
import { readEnv } from '../read-env.ts';
import { repositoryNotices } from './repository-notices.ts';

const env = readEnv('tell-repository');
const notices = createSnsNotices(env.PROMOTIONS_TOPIC_ARN);
const repository = {
  application: env.APPLICATION,
  repositoryName: env.REPOSITORY_NAME,
  branch: env.BRANCH,
  developers: JSON.parse(env.DEVELOPERS) as readonly string[],
};

export const handler = logged(async (event: unknown): Promise<void> => {
  for (const notice of repositoryNotices(event, repository)) await notices.send(notice);
});
