/** What the command line takes, as `--help` prints it. */
export const usage = `npm run lockstep -- COMMAND [options]

  promotions           list the latest promotions, newest first, and the environment locks
                       --limit N           how many (20)
                       --application NAME  of that application only
  locks                list the QAT and Prod locks: which promotion holds each, and which wait for it
                       --application NAME  of that application only
  images [APPLICATION] list the images that are kept: why each is, its age, its size and what it costs a month
  live                 say what QAT and Prod of each application run, since when and by which promotion,
                       as of when that is known, and what comes next
  releases APPLICATION list what QAT and Prod ran, and when, latest first
                       --limit N           how many promotions that were deployed (20)
  trace WHAT           say where it is live, since when, by which promotion and who approved it; a commit,
                       AMI, deployment, instance, package (openssl, openssl 3.2.2) or vulnerability
                       (CVE-2026-1234); exit code 1 if something live could not be looked at
  show P               show a promotion: its jobs, requests, decisions and denied attempts;
                       if it failed, what to fix and what a redrive would do
  makers P             list everybody who made a part of the change, and why each is in the list
  cost P               say what a promotion cost, by its own durations and list prices
                       --prices FILE       a price list (that of us-east-1); see docs/deploy-to-aws.md
                       --instance-type T   of image builds, QAT and Prod (t3.small)
                       --instances N       how many Prod has (2)
                       --test-minutes N    how long its Test stages took (0)
  plan COMMIT          say what a promotion of it would do: how it ends, who may decide, what it waits for,
                       what changes, how long it takes and what it costs; changes nothing
                       --application NAME  of that application (the only one)
                       --prices, --instance-type, --test-minutes  as of cost
                       --instances N       how many Prod has (as Lockstep saw it last)
  redrive P            continue a failed promotion where it failed; says what that would do, and asks first
                       --yes               do not ask
                       --despite-alarms    deploy to Prod although alarms are on; these do not watch it
                       --reason TEXT       why; only with --despite-alarms
  stop P               stop a promotion that runs; it can be redriven later
                       --reason TEXT       why; recorded with who stops it
  send-back P          while P soaks in Prod: send the traffic back to the old instances; P fails
                       --reason TEXT       why; recorded with who asks
  end-soak P           while P soaks in Prod and its alarms are quiet: end the soak
  go-back APPLICATION P  promote an earlier release again, after both approvals: its recorded commit and
                       images; nothing is built
                       --reason TEXT       why; recorded with who asks, shown to approvers
  calendar [APPLICATION] say when QAT and Prod are frozen: now and in the next four weeks, and why
  freeze APPLICATION   keep promotions from beginning with an environment from now on
                       --until TIME        its end in UTC, such as 2026-11-30T07:00
                       --environment E     qat, prod or both (prod)
                       --reason TEXT       why; recorded with who declares it, shown to everybody
  unfreeze APPLICATION [FREEZE]  end a freeze that somebody declared; its id, if several hold
                       --reason TEXT       why; recorded with who ends it
  mark-bad WHAT        mark a commit, an AMI or a package (openssl@3.2.2) bad: no promotion of or with it
                       goes on or is gone back to; one under way ends, within five minutes if it waits
                       --application NAME  of that application
                       --reason TEXT       why; recorded with who marks it
  unmark-bad WHAT      unmark it; takes another person than the one who marked it, or who went back from it
                       --application NAME  of that application
                       --reason TEXT       why; recorded with who unmarks it
  rebake APPLICATION   use no image from before now again: the next promotion builds its images
  accept-finding P VULNERABILITY  accept a known vulnerability, such as CVE-2026-1234, that stopped P at
                       an image build, in all images of its application
                       --until DAY         the last day on which that counts, such as 2026-12-31
                       --reason TEXT       why; recorded with who accepts it, shown to approvers
  acceptances APPLICATION  list the vulnerabilities that somebody accepted, until when and why
  bad APPLICATION      list what is marked bad, or was
  sbom IMAGE           print what is in an image, checked against what its promotion recorded and signed;
                       an AMI, a promotion, or live
                       --format F          cyclonedx, spdx, inventory or provenance (cyclonedx)
                       --environment E     qat or prod, of a promotion (prod, if it has built one)
                       --application NAME  whose Prod, for live
                       --out FILE          the new file to write it to
  diff IMAGE IMAGE     say what differs between two images, named as for sbom: recipe, parent, components,
                       packages
  evidence P           compare the promotion's record with the sealed ones in the locked bucket; write it,
                       with the signed statements of where its images and archive come from
                       --out FILE          the new file to write it to
  verify FILE          check a record offline: that it is complete, unchanged and sealed to its end, and
                       that it has all statements of where images and archive come from
                       --key KEY           the account's public key in a PEM file, or its fingerprint:
                                           without it, no record is verified
                       --state STATE       how the promotion ended; needed for FAILED, TIMED_OUT and
                                           ABORTED, as a redrive may have continued it

  teardown APPLICATION stop what runs, then delete the application's stacks; says what stays and why;
                       asks first. Run again, it continues where it was cut short
                       --platform          the platform instead, when no application's stack stands
                       --reason TEXT       why; recorded with the promotions that it stops
                       --delete-leftovers  later: delete what the stacks left behind
                       --delete-evidence   later, with --platform: delete the evidence, if none is locked
                       --yes               do not ask
  doctor               look at the account, before and after a deployment: say what is in the way, and what to
                       do about it; changes nothing
                       --assembly DIR      the synthesized templates (cdk.out)

  init DIR             make a directory with Node.js, Java, Python, Go or a static site promotable: writes an
                       appspec.yml, hooks and a unit, and prints the configuration; overwrites nothing
                       --application NAME  its name (the directory's)
                       --write-configuration FILE  a new file for the configuration with it alone
                       --config FILE       what else is in that file (cdk.json's)
                       --promote           then promote it once on a local run, with approvers who act by
                                           themselves; commits nothing in DIR, ends with the run's exit code
                       --port, --state-dir  of that run (4566, a new one)
  check DIR            say what CodeBuild and CodeDeploy would say of the files in a directory, and what
                       usually goes wrong; runs nothing
                       --application NAME  compare with that application of the configuration (its first)
                       --config FILE       the configuration (cdk.json)
                       --sandbox           also what the local run's sandboxes lack: systemd

  COMMIT is a commit's id; of one that has a promotion, the beginning is enough.
  P is a promotion's id, or the beginning of its id or commit if it is the only match.
  Approvers decide on the approvals site, and nowhere else.

options of all commands
  --local              use the local run on this machine instead of AWS
  --port P             the local run's port (4566)
  --state-dir DIR      the local run's state directory, which holds its key (.lockstep)
  --json               print JSON instead of text (npm run --silent lockstep -- …)
  --help               print this text

On AWS it uses the default credentials and AWS_REGION.
Exit codes: 0 done; 1 not done, or something is in the way; 2 wrong usage;
            3 the record is not complete, sealed and unchanged.`;
