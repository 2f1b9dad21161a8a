import fc from 'fast-check';
import {
  externalIdsIn,
  instanceRefreshId,
  partsOf,
  pipelineRunId,
} from '../../../tasks/jobs/external-ids.ts';

const IMAGE = 'arn:aws:imagebuilder:us-east-1:000000000000:image/shop-qat/1.0.0/1';
// An excerpt of what Image Builder publishes: `semver` exceeds what a JavaScript number holds.
const message = `{"versionlessArn":"arn:aws:imagebuilder:us-east-1:000000000000:image/shop-qat","semver":1237940039285380274899124225,"arn":"${IMAGE}","name":"shop-qat","state":{"status":"AVAILABLE"},"outputResources":{"amis":[{"region":"us-east-1","image":"ami-1"}]}}`;
const notification = (...messages: string[]) => ({
  Records: messages.map((Message) => ({ EventSource: 'aws:sns', Sns: { Message } })),
});

describe('what an event is about', () => {
  it.each<[string, unknown, string[]]>([
    ['an image’s SNS message (T14)', notification(message), [IMAGE]],
    ['a doubled message', notification(message, message), [IMAGE]],
    ['a message that is no JSON', notification('hello'), []],
    ['a message about something else', notification('{"arn":7}', 'null', '[]'), []],
    [
      'a cancelled image build (T15)',
      { source: 'aws.imagebuilder', resources: [IMAGE], detail: { state: { status: 'CANCELLED' } } },
      [IMAGE],
    ],
    [
      'a pipeline’s run (T24)',
      {
        source: 'aws.codepipeline',
        detail: { pipeline: 'shop-qat', 'execution-id': 'e-1', state: 'FAILED' },
      },
      ['shop-qat/e-1'],
    ],
    [
      'an instance refresh (T30)',
      { source: 'aws.autoscaling', detail: { AutoScalingGroupName: 'qat', InstanceRefreshId: 'r-1' } },
      ['qat/r-1'],
    ],
    [
      'another event of Auto Scaling',
      { source: 'aws.autoscaling', detail: { AutoScalingGroupName: 'qat' } },
      [],
    ],
    ['another source', { source: 'aws.codedeploy', detail: { deploymentId: 'd-1' } }, []],
    ['nothing', undefined, []],
  ])('%s', (_, event, ids) => {
    expect(externalIdsIn(event)).toEqual(ids);
  });

  it('takes any JSON without failing', () => {
    fc.assert(fc.property(fc.jsonValue(), (event) => Array.isArray(externalIdsIn(event))));
  });
});

describe('an external id', () => {
  it('gives back its parts', () => {
    expect(partsOf(instanceRefreshId('qat', 'r-1'))).toEqual(['qat', 'r-1']);
    expect(partsOf(pipelineRunId('shop-prod', 'e-1'))).toEqual(['shop-prod', 'e-1']);
  });

  it.each(['', 'name', '/id', 'name/'])('fails on "%s"', (id) => {
    expect(() => partsOf(id)).toThrow(/give "<name>\/<id>"/);
  });
});
