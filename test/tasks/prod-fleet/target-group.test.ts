import { GetParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { createReadParameter, prodTargetGroup } from '../../../tasks/prod-fleet/target-group.ts';
import { double, offline, on } from '../doubles/sdk.ts';

const GROUP = 'arn:aws:elasticloadbalancing:eu-west-1:222222222222:targetgroup/orders/0123456789abcdef';
const PARAMETER = 'arn:aws:ssm:eu-west-1:222222222222:parameter/lockstep/orders/prod/target-group';
const holding = (Value: string | undefined) =>
  double(
    new SSMClient(offline),
    on(GetParameterCommand, () => ({ Parameter: { Value } })),
  );

describe("Prod's target group", () => {
  it('is the one that is given, and nothing is asked', async () => {
    const { client, sent } = holding(undefined);
    expect(await prodTargetGroup(GROUP, createReadParameter(client))()).toBe(GROUP);
    expect(sent).toEqual([]);
  });

  it("T52: is read each time from the parameter in Prod's account, which a stack update may change", async () => {
    let held = GROUP;
    const find = prodTargetGroup(PARAMETER, async (arn) => (arn === PARAMETER ? held : undefined));
    expect(await find()).toBe(GROUP);
    held = `${GROUP}0`;
    expect(await find()).toBe(`${GROUP}0`);
  });

  it('fails when the parameter holds none, saying what to deploy', async () => {
    const { client, sent } = holding('');
    await expect(prodTargetGroup(PARAMETER, createReadParameter(client))()).rejects.toMatchObject({
      name: 'TargetGroupUnknown',
      message: expect.stringContaining("Deploy Prod's stack"),
    });
    expect(sent.map(({ input }) => input)).toEqual([{ Name: PARAMETER }]);
  });
});
