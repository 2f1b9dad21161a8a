import { remedyFor } from '../../../cli/teardown/failures.ts';

it.each([
  ['resource sg-1 has a dependent object (Service: Ec2, Status Code: 400)', 'A network interface'],
  ['The bucket you tried to delete is not empty', 'with all versions'],
  ['Export a cannot be deleted as it is in use by Lockstep-orders', 'tear down their applications'],
  ['User: arn:x is not authorized to perform: ec2:DeleteVpc', "account's administrator"],
  ['Stack [a] cannot be deleted while TerminationProtection is enabled', 'termination protection off'],
  ['Cannot delete a policy attached to entities.', 'Detach the policy'],
  ['Something else', 'Remove what keeps it.'],
])('says what to do about "%s"', (reason, remedy) => expect(remedyFor(reason)).toContain(remedy));
