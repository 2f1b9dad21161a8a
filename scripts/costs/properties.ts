import { ofType, type Resource, type Resources } from '../templates.ts';

/** A number among properties, which custom resources may hold as text. */
export function numberOf(resource: Resource, name: string): number {
  const value = Number(resource.Properties?.[name]);
  if (Number.isFinite(value)) return value;
  throw new TypeError(
    `${resource.Type}: ${name} is ${JSON.stringify(resource.Properties?.[name])}; a number is needed.`,
  );
}

/** The instance type that an application's launch templates name. */
export function instanceTypeOf(resources: Resources): string {
  const [template] = ofType(resources, 'AWS::EC2::LaunchTemplate');
  const { InstanceType } = (template?.Properties?.LaunchTemplateData ?? {}) as { InstanceType?: string };
  if (InstanceType === undefined) throw new TypeError('No launch template names an instance type.');
  return InstanceType;
}
