import type {
  CdkCustomResourceEvent,
  CdkCustomResourceIsCompleteEvent,
  CdkCustomResourceIsCompleteResponse,
  CdkCustomResourceResponse,
} from 'aws-lambda';
import { converge, type FleetDependencies, removeFleet } from './converge-fleet.ts';
import { fleetKey, readFleetNames, readProdFleetProperties } from './fleet-properties.ts';
import { isBusy } from './prod-errors.ts';

const proceed = (
  dependencies: FleetDependencies,
  { RequestType, ResourceProperties }: CdkCustomResourceIsCompleteEvent,
): Promise<boolean> =>
  RequestType === 'Delete'
    ? removeFleet(dependencies, readFleetNames(ResourceProperties))
    : converge(dependencies, readProdFleetProperties(ResourceProperties));

/**
 * Begins a request of CloudFormation: checks the properties and names the fleet, and changes nothing. A creation that
 * fails here has no physical id, and CDK's framework leaves it out of the rollback; everything is made by
 * `isComplete`, whose failures are rolled back under that id. The id is the fleet's name, so that other names make another
 * fleet and the old one is deleted; it is never an Auto Scaling group's, which each deployment replaces (T04).
 * @throws TypeError for properties that cannot be used
 */
export const onEvent = async ({
  RequestType,
  PhysicalResourceId,
  ResourceProperties,
}: CdkCustomResourceEvent & { PhysicalResourceId?: string }): Promise<CdkCustomResourceResponse> => ({
  PhysicalResourceId:
    RequestType === 'Delete' && PhysicalResourceId !== undefined
      ? PhysicalResourceId
      : fleetKey(readProdFleetProperties(ResourceProperties)),
});

/** Continues a request, and returns whether it is done. Called again and again until then; never waits. */
export function isComplete(dependencies: FleetDependencies) {
  return async function isComplete(
    event: CdkCustomResourceIsCompleteEvent,
  ): Promise<CdkCustomResourceIsCompleteResponse> {
    return {
      IsComplete: await proceed(dependencies, event).catch((error: unknown) => {
        if (isBusy(error)) return false;
        throw error;
      }),
    };
  };
}
