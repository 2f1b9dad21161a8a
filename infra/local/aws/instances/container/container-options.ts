import type { Engine } from './engine.ts';

/** What the containers that stand for instances are made with. */
export interface ContainerOptions {
  readonly engine: Engine;
  /** Name of the image that stands for every AMI that was not built here. It has systemd and bash. */
  readonly baseImage: string;
  /** The port on which the application listens in an instance with these tags. */
  readonly applicationPort: (tags: Readonly<Record<string, string>>) => number;
}
