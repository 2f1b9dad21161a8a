import type {
  CdkCustomResourceEvent,
  CdkCustomResourceIsCompleteEvent,
  CdkCustomResourceIsCompleteResponse,
  CdkCustomResourceResponse,
} from 'aws-lambda';
import { bringForward, type FleetDependencies, takeDown } from './fleet.ts';
import { fleetKey, readFleetNames, readProdFleetProperties } from './properties.ts';

const proceed = (
  dependencies: FleetDependencies,
  { RequestType, ResourceProperties }: CdkCustomResourceEvent | CdkCustomResourceIsCompleteEvent,
): Promise<boolean> =>
  RequestType === 'Delete'
    ? takeDown(dependencies, readFleetNames(ResourceProperties))
    : bringForward(dependencies, readProdFleetProperties(ResourceProperties));

/**
 * Takes up a request of CloudFormation. The physical id is the fleet's name, so that other names make another fleet and
 * the old one is deleted; it is never an Auto Scaling group's, which each deployment replaces (T04).
 */
export const onEvent =
  (dependencies: FleetDependencies) =>
  async (event: CdkCustomResourceEvent): Promise<CdkCustomResourceResponse> => {
    const PhysicalResourceId =
      event.RequestType === 'Delete'
        ? event.PhysicalResourceId
        : fleetKey(readFleetNames(event.ResourceProperties));
    await proceed(dependencies, event);
    return { PhysicalResourceId };
  };

/** Goes on with a request, and tells whether it is done. Called again and again until then; never waits. */
export const isComplete =
  (dependencies: FleetDependencies) =>
  async (event: CdkCustomResourceIsCompleteEvent): Promise<CdkCustomResourceIsCompleteResponse> => ({
    IsComplete: await proceed(dependencies, event),
  });
