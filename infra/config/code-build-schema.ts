import { z } from 'zod';
import * as values from './values.ts';

// What CodeBuild runs of an application. `describe` and `fallback` are explained in schema.ts.

const variable = z.union([
  z.string().max(1000),
  z.strictObject({ parameter: values.parameterName }),
  z.strictObject({ secret: values.secretArn, key: values.secretKey.optional() }),
]);

/** A project of CodeBuild. @param minutes how long it may take by default @param runs what it runs, as a verb's object @param caches by default */
const codeBuild = (minutes: number, runs: string, caches: boolean) =>
  z.strictObject({
    buildspec: values.buildspec.default('buildspec.yml').describe('What CodeBuild runs, in the repository.'),
    image: values.containerImage.optional().meta({
      description:
        "The container image that it runs in: one of CodeBuild's, of a registry, or of an ECR repository.",
      fallback: "CodeBuild's Amazon Linux 2023",
    }),
    environment: z
      .record(values.variableName, variable)
      .default({})
      .describe(
        'Environment variables by name: a value, `{"parameter": "…"}` for the SSM parameter that holds it, or `{"secret": "…"}` for a secret\'s ARN, with `key` for one key of its JSON.',
      ),
    computeType: z.enum(['small', 'medium', 'large']).default('small').describe("The build machine's size."),
    timeoutMinutes: z
      .int()
      .min(5)
      .max(480)
      .default(minutes)
      .describe(`CodeBuild stops the ${runs} after this time.`),
    cache: z
      .boolean()
      .default(caches)
      .describe(
        "Keep what the buildspec's `cache` names for later runs. Any commit of the branch can change what later ones find there.",
      ),
    vpc: z.boolean().default(false).describe("Run in the VPC's private subnets."),
  });

/** The Test stage: before a revision is deployed to QAT. */
export const test = codeBuild(30, 'tests', true);

/** What makes the revision that is deployed. Nothing of a commit that nobody approved gets into the archive of another. */
export const build = codeBuild(60, 'build', false);

/** Tests of QAT under load, which always run in its VPC. */
export const loadTest = test.omit({ vpc: true }).extend({
  buildspec: values.buildspec.default('loadtest.yml').describe('What CodeBuild runs, in the repository.'),
});
