import jsonata from 'jsonata';
import { confirmApprovers } from '../../tasks/approvals/confirm-approvers.ts';
import type { Approval } from '../../tasks/ledger/items.ts';
import type { ApproverRole, Decision } from '../../tasks/payloads.ts';
import { stateNames as names } from '../../workflows/state-names.ts';
import { createMemoryLedger } from '../tasks/doubles/memory-ledger.ts';
import {
  aGoBack,
  anApproval,
  aPerson,
  aPromotion,
  approvedBy,
  ONE_EACH,
  PROMOTION_ID,
  rejectedBy,
} from '../tasks/doubles/samples.ts';
import { renderDefinition, type State } from './support/rendered.ts';

const definition = renderDefinition();
const roles: Readonly<Record<string, ApproverRole>> = {
  [names.qcApproval]: 'qc',
  [names.pmoApproval]: 'pmo',
};

/** A way through the definition so far. */
interface Path {
  readonly states: readonly string[];
  readonly variables: Readonly<Record<string, unknown>>;
  /** What people decided on the page, as the ledger has it. */
  readonly decided: readonly Approval[];
}

/** Everything that may complete an approval state: anybody's decision, and any output that somebody sends by hand. */
const completions = (role: ApproverRole): readonly { output: unknown; recorded?: Approval }[] => [
  ...['quinn', 'parker', 'sam'].flatMap((name) =>
    (['approve', 'reject'] as const).map((decision: Decision) => ({
      output: { decision, decidedBy: name },
      recorded: anApproval({
        role,
        approvalId: `${role}-${name}`,
        ...(decision === 'approve' ? approvedBy : rejectedBy)(aPerson(name)),
      }),
    })),
  ),
  ...[
    { decision: 'approve', decidedBy: 'nobody' },
    { decision: 'APPROVE' },
    { decision: true },
    {},
    null,
    'approve',
  ].map((output) => ({ output })),
];

const evaluate = (expression: string, variables: Path['variables'], result?: unknown): Promise<unknown> =>
  jsonata(expression.replace(/^\{%|%\}$/g, '')).evaluate(
    {},
    { ...variables, states: { input: variables.input, result, context: {} } },
  );

const assigned = async (state: State, path: Path, result: unknown): Promise<Path['variables']> => {
  const variables: Record<string, unknown> = { ...path.variables };
  for (const [name, value] of Object.entries(state.Assign ?? {}))
    variables[name] =
      typeof value === 'string' && value.startsWith('{%')
        ? await evaluate(value, path.variables, result)
        : value;
  return variables;
};

const confirmed = async ({ decided, variables }: Path): Promise<boolean> => {
  const ledger = createMemoryLedger();
  await ledger.addPromotion(aPromotion(variables.promotion as object));
  for (const approval of decided) await ledger.addApproval(approval);
  try {
    await confirmApprovers({ ledger, counts: ONE_EACH, makersMayDecide: false })({
      promotionId: PROMOTION_ID,
    });
    return true;
  } catch {
    return false;
  }
};

/** All steps that may follow a state. */
const steps = async (name: string, state: State, path: Path): Promise<{ next: string; path: Path }[]> => {
  const here: Path = { ...path, states: [...path.states, name] };
  const caught = ((state.Catch ?? []) as { Next: string }[]).map(({ Next }) => ({ next: Next, path: here }));
  if (state.Type === 'Choice') {
    for (const { Condition, Next, Assign } of state.Choices ?? [])
      if ((await evaluate(Condition, path.variables)) === true)
        return [{ next: Next, path: { ...here, variables: await assigned({ Assign } as State, path, {}) } }];
    return state.Default === undefined ? [] : [{ next: state.Default, path: here }];
  }
  const next = state.Next;
  if (next === undefined) return caught;
  const role = roles[name];
  if (role !== undefined) {
    const ways = completions(role).map(async ({ output, recorded }) => ({
      next,
      path: {
        ...here,
        variables: await assigned(state, path, output),
        decided: recorded === undefined ? path.decided : [...path.decided, recorded],
      },
    }));
    return [...caught, ...(await Promise.all(ways))];
  }
  if (name === names.confirmApprovers && !(await confirmed(path))) return caught;
  return [...caught, { next, path: { ...here, variables: await assigned(state, path, {}) } }];
};

/** Every way that reaches a state, from the start; each way ends where it comes back to a state that it has been in. */
const waysTo = async (target: string, input: object = {}): Promise<Path[]> => {
  const found: Path[] = [];
  const open = [
    { next: definition.StartAt, path: { states: [], variables: { input }, decided: [] } as Path },
  ];
  for (let step = open.pop(); step !== undefined; step = open.pop()) {
    const { next, path } = step;
    if (next === target) found.push(path);
    else if (!path.states.includes(next)) {
      const state = definition.States[next];
      if (state !== undefined) open.push(...(await steps(next, state, path)));
    }
  }
  return found;
};

it('reaches "Build Prod image" only after two different people have approved, one in each role', async () => {
  const ways = await waysTo(names.buildProdImage);
  expect(ways.length).toBeGreaterThan(0);
  for (const { states, decided } of ways) {
    const approvers = decided.filter(({ status }) => status === 'APPROVED');
    expect(
      new Set(approvers.map(({ decisions }) => decisions[0]?.person.subject)).size,
    ).toBeGreaterThanOrEqual(2);
    expect(new Set(approvers.map(({ role }) => role))).toEqual(new Set(['qc', 'pmo']));
    expect(states).toContain(names.confirmApprovers);
  }
  // Three people, either of the others in the other role: nothing else gets there.
  expect(ways).toHaveLength(6);
});

it.each([
  ['both', ['qc', 'pmo']],
  ['one', ['pmo']],
] as const)(
  'a go-back with the approvals of %s reaches Prod only after %j approved, and builds no image',
  async (approvals, roles) => {
    const input = { goBack: aGoBack({ approvals }) };
    expect(await waysTo(names.buildProdImage, input)).toEqual([]);
    expect(await waysTo(names.lockQat, input)).toEqual([]);
    const ways = await waysTo(names.pointProdAtImage, input);
    expect(ways.length).toBeGreaterThan(0);
    for (const { states, decided } of ways) {
      expect(states).toEqual(expect.arrayContaining([names.checkRelease, names.confirmApprovers]));
      const approvers = decided.filter(({ status }) => status === 'APPROVED');
      expect(new Set(approvers.map(({ role }) => role))).toEqual(new Set(roles));
      expect(new Set(approvers.map(({ decisions }) => decisions[0]?.person.subject)).size).toBe(roles.length);
    }
  },
);

it('reaches "PMO approval" only with an output that says approve', async () => {
  const ways = await waysTo(names.pmoApproval);
  const said = ways.map(({ variables }) => (variables.qc as { decision: string }).decision);
  expect(new Set(said)).toEqual(new Set(['approve']));
});
