/** What the command line takes, as `--help` prints it. */
export const usage = `npm run lockstep -- COMMAND [options]

  promotions           the latest promotions, newest first, and whose turn it is
                       --limit N           how many (20)
                       --application NAME  of that application only
  turns                who works on QAT and Prod of each application, doing what, and who waits for whom
                       --application NAME  of that application only
  show P               one promotion: its jobs, requests, decisions and refusals; of one that failed,
                       what to fix, and what a redrive would do
  redrive P            continue a failed promotion where it failed; tells what that would do, and asks
                       --yes               do not ask
  evidence P           write the promotion's record, signed by the account's key
                       --out FILE          where to; must not exist yet
  verify FILE          check a record offline: every byte, every entry, every signature
                       --key FILE          the account's public key in PEM: any other is refused

  P is a promotion's id, or the beginning of its id or commit that no other has.
  Approvals are decided on the approvals site by those who hold the role, and nowhere else.

options for all
  --local              the local run on this machine instead of AWS
  --port P             the local run's port (4566)
  --json               JSON instead of text (npm run --silent lockstep -- …)
  --help               this text

AWS is reached by the default credentials and AWS_REGION.
Ends with 0 when done, 1 when it could not be done or the record is not as it was, 2 when used wrongly.`;
