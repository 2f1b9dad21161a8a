import { signInAs } from '../../../infra/local/run/approver.ts';
import type { Scenario, ScenarioPromotion } from './scenario.ts';

/**
 * Signs in and asks to go back on a release's page.
 * @returns the go-back
 */
export const pressGoBack = async (
  scenario: Scenario,
  release: ScenarioPromotion,
  reason: string,
  person = 'olga',
): Promise<ScenarioPromotion> => {
  const { siteUrl } = scenario.system;
  const operator = await signInAs(person, siteUrl);
  const page = await operator.open(`${siteUrl}/promotions/${release.id}/go-back`);
  const form = page.document.querySelector('form[action$="/go-back"]');
  if (!form) throw new Error(`${page.url} has no form: ${page.document.text}`);
  const answer = await operator.submit(page, form, { reason });
  const id = new URL(answer.url).pathname.split('/').at(-1) ?? '';
  if (answer.status !== 200 || id === release.id) throw new Error(`${answer.url}: ${answer.document.text}`);
  return goBackOf(scenario, id, release);
};

/** A go-back by its id. */
export const goBackOf = (scenario: Scenario, id: string, release: ScenarioPromotion): ScenarioPromotion =>
  scenario.promotionOf(release.executionArn.replace(release.id, id), release.commitId);

/** The commit that the sample in Prod says that it runs; all that it says if it is none of ours. */
export const servedInProd = async ({ application }: Scenario): Promise<string> => {
  const text = await (await fetch(`${application.prodUrl}/version`)).text();
  return text.startsWith('{') ? (JSON.parse(text) as { commit: string }).commit : text;
};
