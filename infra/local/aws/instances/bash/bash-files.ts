import {
  type BytePath,
  bytesOf,
  type FileChange,
  FileChangeError,
  type FileKind,
  type InstanceFiles,
  type TreeEntry,
} from '../instance-system.ts';
import type { ProgramAnswer } from '../run-program.ts';

/** How a script is run beside what it is. */
interface BashCall {
  readonly env?: Readonly<Record<string, string>>;
  /** Takes its standard output as it comes. */
  readonly onOutput?: (bytes: Buffer) => void;
  readonly timeoutMs?: number;
}

/** Runs a bash script as root on an instance; `words` reach it as a list of texts that end with a NUL. */
export type RunBash = (script: string, words: readonly Buffer[], call?: BashCall) => Promise<ProgramAnswer>;

/** Reads the words. LC_ALL=C: names are bytes. */
const READ = "export LC_ALL=C; mapfile -d '' -t words; ";

const KINDS = `${READ}for file in "\${words[@]}"; do
  if [ -d "$file" ]; then printf d; elif [ -e "$file" ]; then printf f; else printf -- -; fi
done`;

/** Prints each entry as kind, path and target, each with a NUL; a link's target begins with an equals sign. */
const TREE = `${READ}shopt -s nullglob dotglob
tell() {
  if [ -d "$1" ]; then printf 'd%s\\0' "$1"; else printf 'f%s\\0' "$1"; fi
  if [ -L "$1" ]; then printf =; readlink -n -- "$1"; fi
  printf '\\0'
}
walk() {
  [ "$2" -le 200 ] || { echo "Too many levels of symbolic links: $1" >&2; exit 1; }
  tell "$1"
  [ -d "$1" ] || return 0
  local file
  for file in "$1"/*; do walk "$file" $(($2 + 1)); done
}
top=\${words[0]}
if [ -e "$top" ] || [ -L "$top" ]; then walk "$top" 0; fi`;

/** Makes changes of four words each, and prints how many it has made. */
const APPLY = `${READ}umask 022
done=0
for ((at = 0; at < \${#words[@]}; at += 4)); do
  path=\${words[at + 1]} one=\${words[at + 2]} two=\${words[at + 3]}
  case \${words[at]} in
    directory) mkdir -- "$path" ;;
    copy) cp --preserve=mode,timestamps -- "$one" "$path" ;;
    link) ln -sT -- "$one" "$path" ;;
    remove)
      if [ -d "$path" ] && ! [ -L "$path" ]; then rmdir --ignore-fail-on-non-empty -- "$path"; else rm -f -- "$path"; fi ;;
    mode) chmod "$one" -- "$path" ;;
    executable) if (( (8#$(stat -L -c %a -- "$path") & 8#111) == 0 )); then chmod a+x -- "$path"; fi ;;
    owner) chown "$one" -- "$path" ;;
    acl) setfacl -b -- "$path" && setfacl -m "$one" -- "$path" ;;
    *) echo "unknown change" >&2; false ;;
  esac || { printf '%s' "$done"; exit 1; }
  done=$((done + 1))
done`;

const DELETE = `${READ}rm -rf -- "\${words[@]}"`;

const none = Buffer.alloc(0);

const wordsOf = (change: FileChange): [one: Buffer, two: Buffer] => {
  switch (change.kind) {
    case 'copy':
      return [bytesOf(change.from), none];
    case 'link':
      return [bytesOf(change.target), none];
    case 'mode':
      return [Buffer.from(change.mode.toString(8)), none];
    case 'owner':
      return [
        Buffer.from(`${change.owner ?? ''}${change.group === undefined ? '' : `:${change.group}`}`),
        none,
      ];
    case 'acl':
      return [Buffer.from(change.entries.join(',')), none];
    case 'context':
      throw new Error('This instance has no SELinux.');
    default:
      return [none, none];
  }
};

/** Files of an instance, reached by bash in it: names may be any bytes. */
export const createBashFiles = (bash: RunBash): InstanceFiles => {
  const checked = async (script: string, words: readonly Buffer[]) => {
    const answer = await bash(script, words);
    if (answer.code !== 0) throw new Error(answer.stderr || `bash ended with ${answer.code}`);
    return answer.stdout.toString('latin1');
  };
  return {
    kindsOf: async (files) => {
      if (files.length === 0) return new Map();
      const letters = await checked(KINDS, files.map(bytesOf));
      return new Map(
        files.flatMap((file, index): [BytePath, FileKind][] => {
          const letter = letters[index];
          return letter === '-' ? [] : [[file, letter === 'd' ? 'directory' : 'file']];
        }),
      );
    },
    tree: async (file) => {
      const fields = (await checked(TREE, [bytesOf(file)])).split('\0');
      const entries: TreeEntry[] = [];
      for (let at = 0; at + 1 < fields.length; at += 2) {
        const [entry = '', link = ''] = [fields[at], fields[at + 1]];
        entries.push({
          path: entry.slice(1) as BytePath,
          kind: entry.startsWith('d') ? 'directory' : 'file',
          ...(link !== '' && { target: link.slice(1) as BytePath }),
        });
      }
      return entries;
    },
    apply: async (changes) => {
      if (changes.length === 0) return;
      const words = changes.flatMap((change) => [
        Buffer.from(change.kind),
        bytesOf(change.path),
        ...wordsOf(change),
      ]);
      const { code, stdout, stderr } = await bash(APPLY, words);
      if (code !== 0)
        throw new FileChangeError(stderr || `bash ended with ${code}`, Number(stdout.toString()));
    },
    deleteTrees: async (directories) => {
      if (directories.length > 0) await checked(DELETE, directories.map(bytesOf));
    },
  };
};

/** Words that texts make. */
export const wordsInput = (words: readonly Buffer[]): Buffer =>
  Buffer.concat(words.flatMap((word) => [word, Buffer.from([0])]));
