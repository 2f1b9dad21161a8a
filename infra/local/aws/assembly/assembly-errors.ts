/** The synthesized templates cannot be built locally as they are; the message names stack, logical id and remedy. */
export class AssemblyError extends Error {
  override readonly name = 'AssemblyError';
}

/** Creating, updating or deleting one resource failed; `cause` is the provider's own error. */
export class DeployError extends Error {
  override readonly name = 'DeployError';
  readonly stackName: string;
  readonly logicalId: string;
  readonly type: string;

  constructor(
    action: 'Creating' | 'Updating' | 'Deleting',
    resource: { readonly stackName: string; readonly logicalId: string; readonly type: string },
    cause: unknown,
  ) {
    const { stackName, logicalId, type } = resource;
    super(`${action} ${type} ${stackName}/${logicalId} failed: ${messageOf(cause)}`, { cause });
    this.stackName = stackName;
    this.logicalId = logicalId;
    this.type = type;
  }
}

const messageOf = (error: unknown): string => {
  if (!(error instanceof Error)) return String(error);
  return error.name === 'Error' || error.message.includes(error.name)
    ? error.message
    : `${error.name}: ${error.message}`;
};
