import { type Document, parseAllDocuments } from 'yaml';

/** The AppSpec file of a revision. */
export interface AppSpecFile {
  /** In the archive. */
  readonly path: string;
  readonly text: string;
  /** Paths of everything in the archive, if they are known. */
  readonly files?: readonly string[];
}

/** The documents of an AppSpec file, as YAML 1.1. The agent reads the first; of a key that is there twice, it takes the last. */
export const appSpecDocuments = (text: string): readonly Document[] => {
  const documents = parseAllDocuments(text, { version: '1.1', uniqueKeys: false });
  return 'empty' in documents ? [] : documents;
};

/** What an AppSpec file says, unchecked. @throws Error if it is not YAML */
export const appSpecContent = (text: string): unknown => {
  const [document] = appSpecDocuments(text);
  const [error] = document?.errors ?? [];
  if (error !== undefined) throw error;
  return document?.toJS();
};
