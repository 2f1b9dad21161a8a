import type { SignBuild } from '../jobs/code-build.ts';
import type { InspectImage } from '../jobs/image-build.ts';
import type {
  InspectImageOutput,
  InspectImageRequest,
  SignBuildOutput,
  SignBuildRequest,
} from '../payloads.ts';

/** Inspects an image, or signs where an archive comes from: one function alone may sign statements. */
export const inspectBuilt =
  (inspectImage: InspectImage, signBuild: SignBuild) =>
  async (request: InspectImageRequest | SignBuildRequest): Promise<InspectImageOutput | SignBuildOutput> =>
    'buildId' in request ? signBuild(request) : inspectImage(request);
