import fs from 'node:fs';
import path from 'node:path';
import { AppSpecError } from './appspec-nodes.ts';

const names = ['appspec.yml', 'appspec.yaml'];

/** The AppSpec file of an unpacked bundle. @throws AppSpecError without one */
export const findAppSpec = (archive: string): string => {
  const file = names.map((name) => path.join(archive, name)).find((one) => fs.existsSync(one));
  if (file !== undefined) return file;
  throw new AppSpecError(
    'The CodeDeploy agent did not find an AppSpec file within the unpacked revision directory at revision-relative path "appspec.yml". Add appspec.yml at the root of the repository.',
  );
};

/**
 * Takes away the only folder of a bundle, if the AppSpec file is in it.
 * @throws AppSpecError for a bundle without an AppSpec file
 */
export const findBundle = (archive: string): void => {
  const [only, ...others] = fs.readdirSync(archive, { encoding: 'buffer' });
  const folder = only && Buffer.concat([Buffer.from(`${archive}/`), only]);
  if (folder && others.length === 0 && fs.lstatSync(folder).isDirectory()) {
    const hasAppSpec = fs.readdirSync(folder).some((name) => names.includes(name));
    if (hasAppSpec) {
      const aside = `${archive}-temp`;
      fs.rmSync(aside, { recursive: true, force: true });
      fs.renameSync(folder, aside);
      fs.rmSync(archive, { recursive: true });
      fs.renameSync(aside, archive);
    }
  }
  findAppSpec(archive);
};
