import { readFileSync } from 'node:fs';
import path from 'node:path';
import { build, stop } from 'esbuild';

const root = path.resolve(import.meta.dirname, '..');

/**
 * Makes each program one JavaScript file, which finds packages from where it lies.
 * @param {readonly string[]} programs their sources, from the project's folder
 * @param {string} outdir where they go, by the same paths, ending in `.mjs`
 */
export const buildPrograms = async (programs, outdir) => {
  await build({
    absWorkingDir: root,
    entryPoints: [...programs],
    outbase: root,
    outdir,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    packages: 'external',
    // The workspace's package is source as well; everything else stays in node_modules.
    alias: {
      '@lockstep/aws-emulator': path.join(root, 'infra/local/aws/index.ts'),
      '@lockstep/aws-emulator/codebuild': path.join(
        root,
        'infra/local/aws/services/codebuild/judge-buildspec.ts',
      ),
      '@lockstep/aws-emulator/codedeploy-agent': path.join(
        root,
        'infra/local/aws/services/codedeploy/agent/judge-revision.ts',
      ),
    },
    platform: 'node',
    format: 'esm',
    target: 'node20',
    keepNames: true,
    sourcemap: 'linked',
    sourcesContent: false,
    logLevel: 'error',
    plugins: [
      {
        // Files beside a source are still found from where the source is.
        name: 'places',
        setup: ({ onLoad }) =>
          onLoad({ filter: /\.tsx?$/ }, ({ path: file }) => ({
            contents: readFileSync(file, 'utf8').replaceAll(
              'import.meta.dirname',
              JSON.stringify(path.dirname(file)),
            ),
            loader: file.endsWith('x') ? 'tsx' : 'ts',
          })),
      },
    ],
  });
  // Its helper process would live as long as this one.
  await stop();
};
