import path from 'node:path';

/** A mount of this machine. */
export interface Mount {
  readonly path: string;
  readonly fileSystem: string;
}

/** Mounts in the text of `/proc/self/mountinfo` (proc(5)). */
export const mountsIn = (text: string): Mount[] =>
  text.split('\n').flatMap((line) => {
    const [fields = '', rest] = line.split(' - ');
    const place = fields.split(' ')[4];
    const fileSystem = rest?.split(' ')[0];
    if (place === undefined || fileSystem === undefined) return [];
    const unescaped = place.replace(/\\(\d{3})/g, (_, octal: string) =>
      String.fromCharCode(Number.parseInt(octal, 8)),
    );
    return [{ path: unescaped, fileSystem }];
  });

/** What lies at a path of this machine. */
export type Lies =
  | { readonly kind: 'directory' }
  | { readonly kind: 'file' }
  | { readonly kind: 'link'; readonly target: string }
  /** Nothing that an instance is to see, or may. */
  | { readonly kind: 'nothing' };

/** Looks at this machine. */
export interface Look {
  readonly at: (file: string) => Lies;
  /** Names in a directory; none if it may not be read. */
  readonly in: (directory: string) => readonly string[];
}

/** A part of an instance's `/`. Parents come first. */
export type Part =
  /** A layer of its own over this machine's directory of the same path. */
  | { readonly kind: 'overlay'; readonly path: string }
  /** The instance's own, empty at first. */
  | { readonly kind: 'directory'; readonly path: string }
  /** The instance's own, copied at first. */
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'link'; readonly path: string; readonly target: string };

/** Directories of `/` that make a machine. What is beside them, such as homes and what is mounted for people, no instance sees. */
export const SYSTEM_DIRECTORIES = [
  ...['bin', 'sbin', 'lib', 'lib32', 'lib64', 'libx32', 'usr', 'nix', 'gnu'],
  ...['etc', 'opt', 'srv', 'var'],
];

/** File systems whose directories are no part of a machine's files. */
const apart =
  /^(?:proc|sysfs|devtmpfs|devpts|tmpfs|ramfs|cgroup2?|mqueue|debugfs|tracefs|securityfs|configfs|bpf|pstore|autofs|overlay|fuse.*|nfs.*|cifs|smb.*|9p|virtiofs|rpc_pipefs|binfmt_misc|squashfs|nsfs|hugetlbfs)$/;

/** Whether a mount has other files than the machine's own: the kernel's, memory, a network's, or a container's. */
export const isApart = ({ fileSystem }: Mount): boolean => apart.test(fileSystem);

/**
 * What an instance's `/` is made of. The kernel lays no layer over a directory in which something is mounted, as that would uncover
 * what the mount covers: such a directory is taken apart, so its files are copied and each directory in it gets a layer.
 */
export const planView = (mounts: readonly Mount[], look: Look): Part[] => {
  const mounted = new Map(mounts.map((mount) => [mount.path, mount]));
  const hasMountBelow = (directory: string) =>
    mounts.some(({ path: one }) => one.startsWith(`${directory}/`));

  const build = (file: string): Part[] => {
    const lies = look.at(file);
    if (lies.kind === 'nothing') return [];
    if (lies.kind === 'link') return [{ kind: 'link', path: file, target: lies.target }];
    if (lies.kind === 'file') return [{ kind: 'file', path: file }];
    const mount = mounted.get(file);
    if (mount && isApart(mount)) return [{ kind: 'directory', path: file }];
    if (!hasMountBelow(file)) return [{ kind: 'overlay', path: file }];
    return [
      { kind: 'directory', path: file },
      ...look.in(file).flatMap((name) => build(path.posix.join(file, name))),
    ];
  };

  return SYSTEM_DIRECTORIES.flatMap((name) => build(`/${name}`));
};
