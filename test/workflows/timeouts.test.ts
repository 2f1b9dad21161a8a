import { Duration } from 'aws-cdk-lib';
import { soak } from '../../infra/config/values.ts';
import { prodDeploymentTimeout } from '../../workflows/timeouts.ts';

/** CodeDeploy's most for `terminationWaitTimeInMinutes` (BlueInstanceTerminationOption). */
const MOST_MINUTES = 2_880;

it('takes the longest soak that CodeDeploy takes, and no longer one', () => {
  expect(soak.safeParse(MOST_MINUTES).success).toBe(true);
  expect(soak.safeParse(MOST_MINUTES + 1).success).toBe(false);
});

it('waits for a deployment to Prod longer than its soak, however long that is', () => {
  for (const minutes of [0, 5, MOST_MINUTES])
    expect(prodDeploymentTimeout(Duration.minutes(minutes)).toMinutes()).toBe(minutes + 180);
});
