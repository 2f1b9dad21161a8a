import { type StaffingFacts, staffingFindings } from '../../../cli/doctor/staffing.ts';
import type { CheckedAbsence } from '../../../tasks/approvals/absence-rules.ts';
import type { Person } from '../../../tasks/ledger/items.ts';
import type { ApproverRole } from '../../../tasks/payloads.ts';

const person = (name: string, verifiedEmail = `${name}@example.com`): Person => ({
  subject: `subject-${name}`,
  name,
  verifiedEmail,
  groups: [],
});
const absent = (
  role: ApproverRole,
  who: Person,
  substitute: Person,
  absentIsMember = true,
): CheckedAbsence => ({
  absence: {
    absenceId: `${who.name} ${substitute.name}`,
    role,
    absent: who,
    substitute,
    from: '2026-11-20T00:00:00Z',
    until: '2026-11-30T00:00:00Z',
    reason: 'vacation',
    setAt: '2026-11-19T00:00:00Z',
  },
  absentIsMember,
});
const [quinn, parker, paula, simon] = ['quinn', 'parker', 'paula', 'simon'].map((name) => person(name)) as [
  Person,
  Person,
  Person,
  Person,
];

const findings = ({
  qc = [quinn],
  pmo = [parker],
  counts = { qc: 1, pmo: 1 },
  absences = [],
}: {
  qc?: Person[];
  pmo?: Person[];
  counts?: StaffingFacts['counts'];
  absences?: CheckedAbsence[];
}) => {
  const within = (role: ApproverRole, people: Person[]) => people.map((one) => ({ ...one, groups: [role] }));
  return staffingFindings({
    applications: ['orders'],
    counts,
    members: { qc: within('qc', qc), pmo: within('pmo', pmo) },
    absences,
    now: new Date('2026-11-22T12:00:00Z'),
  }).map(({ what, value }) => `${what}: ${value}`);
};

const QC_SHORT = 'QC of orders has too few people who may decide';
const PMO_SHORT = 'PMO of orders has too few people who may decide';
const BOTH = 'QC and PMO of orders have too few different people';

it.each<[string, Parameters<typeof findings>[0]]>([
  ['one person in each role', {}],
  ['one person in both roles, and another in one', { qc: [quinn], pmo: [quinn, parker] }],
  ['two of a role that needs two', { pmo: [parker, paula], counts: { qc: 1, pmo: 2 } }],
  ['a substitute for the only member', { absences: [absent('pmo', parker, paula)] }],
])('finds nothing with %s', (_, facts) => expect(findings(facts)).toEqual([]));

it.each<[string, Parameters<typeof findings>[0], string[]]>([
  ['nobody in a role', { pmo: [] }, [`${PMO_SHORT}: 0 of 1: nobody`]],
  ['fewer than the role needs', { counts: { qc: 2, pmo: 1 } }, [`${QC_SHORT}: 1 of 2: quinn`]],
  [
    'two accounts of one person',
    { qc: [quinn, person('quinn2', 'quinn+2@example.com')], counts: { qc: 2, pmo: 1 } },
    [`${QC_SHORT}: 1 of 2: quinn`],
  ],
  [
    'somebody without a verified address',
    { qc: [person('quinn', '')] },
    [`${QC_SHORT}: 0 of 1: nobody; without a verified address: quinn`],
  ],
  ['the same person in both roles', { pmo: [quinn] }, [`${BOTH}: 1 of 2: quinn`]],
  [
    'two accounts of the same person, one in each role',
    { pmo: [person('q', 'quinn@example.com')] },
    [`${BOTH}: 1 of 2: quinn`],
  ],
  [
    'a substitute who decides in the other role: for the rules, both are one person',
    { absences: [absent('pmo', parker, quinn)] },
    [`${BOTH}: 1 of 2: quinn`],
  ],
  [
    'a substitute of somebody who has left the role',
    { pmo: [], absences: [absent('pmo', parker, paula, false)] },
    [`${PMO_SHORT}: 0 of 1: nobody`],
  ],
  [
    'somebody who stands in and is a member already',
    { pmo: [parker, paula], counts: { qc: 1, pmo: 2 }, absences: [absent('pmo', parker, paula)] },
    [`${PMO_SHORT}: 1 of 2: paula`],
  ],
  [
    'one substitute for two absent members',
    {
      pmo: [parker, paula],
      counts: { qc: 1, pmo: 2 },
      absences: [absent('pmo', parker, simon), absent('pmo', paula, simon)],
    },
    [`${PMO_SHORT}: 1 of 2: simon`],
  ],
])('names %s', (_, facts, expected) => expect(findings(facts)).toEqual(expected));

it('says what to do', () => {
  const [finding] = staffingFindings({
    applications: ['orders', 'shop'],
    counts: { qc: 1, pmo: 1 },
    members: { qc: [], pmo: [] },
    absences: [],
    now: new Date(),
  });
  expect(finding).toMatchObject({
    what: 'QC of orders and shop has too few people who may decide',
    remedy: expect.stringContaining('docs/deploy-to-aws.md'),
  });
});
