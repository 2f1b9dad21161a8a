import type { Package } from './inventory.ts';

/** As package URLs write a part: everything but unreserved characters and colons is encoded. */
const encoded = (text: string): string =>
  encodeURIComponent(text).replace(/[!'()*]/g, (one) => `%${one.charCodeAt(0).toString(16).toUpperCase()}`);

/**
 * The package URL of a package of Amazon Linux (type `rpm`); the epoch is a qualifier.
 * @see https://github.com/package-url/purl-spec/blob/main/types-doc/rpm-definition.md
 */
export function packageUrl({ name, version }: Package): string {
  const [, epoch, rest = version] = /^(\d+):(.*)$/s.exec(version) ?? [];
  return `pkg:rpm/amzn/${encoded(name)}@${encoded(rest)}${epoch === undefined ? '' : `?epoch=${epoch}`}`;
}
