import { createHash } from 'node:crypto';
import { autoRefreshScript } from './auto-refresh.ts';
import { icon } from './icon.ts';
import { styleSheet } from './style-sheet.ts';

/** A file that pages refer to. */
interface Asset {
  readonly contentType: string;
  readonly body: string;
  /** Changes with the content, so that browsers may keep the file for good. */
  readonly version: string;
}

const asset = (contentType: string, body: string): Asset => ({
  contentType,
  body,
  version: createHash('sha256').update(body).digest('hex').slice(0, 10),
});

const assets = {
  'site.css': asset('text/css; charset=utf-8', styleSheet),
  'auto-refresh.js': asset('text/javascript; charset=utf-8', autoRefreshScript),
  'icon.svg': asset('image/svg+xml', icon),
} as const;

/** The asset of that name, if there is one. */
export const findAsset = (name: string): Asset | undefined =>
  Object.hasOwn(assets, name) ? assets[name as keyof typeof assets] : undefined;

/** Path and version of an asset, for pages to refer to. */
export const assetAddress = (name: keyof typeof assets): string =>
  `/assets/${name}?v=${assets[name].version}`;
