#!/usr/bin/env node
// Writes lockstep.json into a folder that is about to be packed, and lockstep.json.sig beside it. Needs Node.js 20 and git alone, so
// that a build can copy this file. docs/deploy-to-aws.md shows the whole recipe.
import { execFileSync } from 'node:child_process';
import { createHash, createPrivateKey, sign } from 'node:crypto';
import { createReadStream, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';

const USAGE = `usage: node sign-manifest.mjs --directory <what is packed> --built-by <who or what builds>
  [--pushed-by <name>]...  user name, login, ARN or e-mail address of everybody who pushed
  [--repository <folder>]  a clone with the whole history; default: this folder
  [--base <commit>]        leave out what leads to this commit, which is in Prod
  [--key <file>]           private key in PEM (P-256); without it, sign lockstep.json yourself`;
const MANIFEST = 'lockstep.json';
const SIGNATURE = 'lockstep.json.sig';

/** @param {string} message @returns {never} */
const stop = (message) => {
  console.error(message);
  process.exit(2);
};

const { values } = parseArgs({
  options: {
    directory: { type: 'string' },
    'built-by': { type: 'string' },
    'pushed-by': { type: 'string', multiple: true, default: [] },
    repository: { type: 'string', default: '.' },
    base: { type: 'string' },
    key: { type: 'string' },
  },
});
const { 'built-by': builtBy, 'pushed-by': pushedBy = [], repository, base, key } = values;
const directory = values.directory ?? stop(USAGE);
if (!builtBy) stop(USAGE);

/** @param {...string} args */
const git = (...args) =>
  execFileSync('git', ['--no-replace-objects', '-C', repository, ...args], {
    encoding: 'utf8',
    maxBuffer: 1024 * 1024 * 1024,
  });

// Where a shallow clone ends, git shows commits without their parents: as if history began there.
if (git('rev-parse', '--is-shallow-repository').trim() !== 'false')
  stop(`${repository} is a shallow clone: it does not have every commit. Run "git fetch --unshallow" first.`);

const FIELDS = ['%H', '%P', '%an', '%ae', '%cn', '%ce', '%B'];
const log = git(
  '-c',
  'i18n.logOutputEncoding=UTF-8',
  '-c',
  'log.showSignature=false',
  'log',
  '-z',
  `--format=tformat:${FIELDS.join('%x00')}`,
  'HEAD',
  ...(base ? [`^${base}`] : []),
).split('\0');
const commits = [];
for (let at = 0; at + FIELDS.length <= log.length; at += FIELDS.length) {
  const [id, parents = '', name, email, committer, committerEmail, message] = log.slice(
    at,
    at + FIELDS.length,
  );
  commits.push({
    id,
    parents: parents.split(' ').filter((parent) => parent !== ''),
    author: { name, email },
    committer: { name: committer, email: committerEmail },
    message,
  });
}

/** SHA-256 of each file, by its path in the archive. Links are followed, as zip does. @param {string} [below] */
const contentsOf = async (below = '') => {
  /** @type {[string, string][]} */
  const found = [];
  for (const name of readdirSync(path.join(directory, below)).sort()) {
    const file = path.join(directory, below, name);
    const inArchive = below === '' ? name : `${below}/${name}`;
    if (inArchive === MANIFEST || inArchive === SIGNATURE) continue;
    if (statSync(file).isDirectory()) {
      found.push(...(await contentsOf(inArchive)));
      continue;
    }
    const hash = createHash('sha256');
    for await (const part of createReadStream(file)) hash.update(part);
    found.push([inArchive, hash.digest('hex')]);
  }
  return found;
};

const manifest = {
  format: 'lockstep-manifest/1',
  head: git('rev-parse', 'HEAD').trim(),
  builtBy,
  pushedBy,
  commits,
  contents: Object.fromEntries(await contentsOf()),
};
const bytes = Buffer.from(JSON.stringify(manifest));
writeFileSync(path.join(directory, MANIFEST), bytes);
// A signature of an earlier manifest would be packed with this one.
rmSync(path.join(directory, SIGNATURE), { force: true });
if (key !== undefined)
  writeFileSync(
    path.join(directory, SIGNATURE),
    sign('sha256', bytes, createPrivateKey(readFileSync(key))).toString('base64'),
  );
console.log(`${path.join(directory, MANIFEST)}: ${commits.length} commits up to ${manifest.head}`);
