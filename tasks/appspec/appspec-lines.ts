import { isMap, isNode, isScalar, isSeq } from 'yaml';
import { appSpecDocuments } from './appspec-file.ts';

const lineAt = (text: string, offset: number): number => text.slice(0, offset).split('\n').length;

/** The line of a place such as `hooks.AfterInstall[0].location`: of as much of it as is there. The first line is 1. */
export function lineOfPlace(text: string, place: string): number | undefined {
  let node: unknown = appSpecDocuments(text)[0]?.contents;
  let offset: number | undefined;
  for (const [, name, index] of place.matchAll(/([^.[\]]+)|\[(\d+)\]/g)) {
    if (name !== undefined && isMap(node)) {
      const pair = node.items.findLast(({ key }) => isScalar(key) && String(key.value) === name);
      if (pair === undefined) break;
      offset = (isNode(pair.key) ? pair.key.range?.[0] : undefined) ?? offset;
      node = pair.value;
    } else if (index !== undefined && isSeq(node)) {
      node = node.items[Number(index)];
      offset = (isNode(node) ? node.range?.[0] : undefined) ?? offset;
    } else break;
  }
  return offset === undefined ? undefined : lineAt(text, offset);
}

/** What the agent's messages are about, where they give no place. */
const topics: readonly (readonly [RegExp, string])[] = [
  [/version value/, 'version'],
  [/operating system/, 'os'],
  [/file_exists_behavior/, 'file_exists_behavior'],
  [/permission/, 'permissions'],
  [/source files?|source /, 'files'],
];

/** The line that a message of CodeDeploy's agent is about, as far as it says. */
export function lineOfMessage(text: string, message: string): number | undefined {
  const atLine = /\bat line (\d+)/.exec(message)?.[1];
  if (atLine !== undefined) return Number(atLine);
  const event = /unknown lifecycle events: ([^,.]+)/.exec(message)?.[1];
  if (event !== undefined) return lineOfPlace(text, `hooks.${event}`);
  const place = /\b(?:files|permissions|hooks\.\w+)\[\d+\](?:\.\w+)?/.exec(message)?.[0];
  const topic = place ?? topics.find(([pattern]) => pattern.test(message))?.[1];
  return topic === undefined ? undefined : lineOfPlace(text, topic);
}
