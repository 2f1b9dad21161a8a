/**
 * What a state does on the environment that it works on. `builds`: changes nothing there. `points`: points it at the
 * promotion's image. `follows`: works on what it was pointed at, or has people decide about that.
 */
export type WorkStage = 'builds' | 'points' | 'follows';

/** What a state does, by what it gives its function. */
export function workStageOf(request: object): WorkStage {
  if ('parameterName' in request) return 'points';
  if ('secretScan' in request) return 'builds';
  const isBuild = 'kind' in request && (request.kind === 'image-build' || request.kind === 'code-build');
  return isBuild ? 'builds' : 'follows';
}
