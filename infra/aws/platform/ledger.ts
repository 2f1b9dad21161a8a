import { RemovalPolicy } from 'aws-cdk-lib';
import {
  AttributeType,
  BillingMode,
  ProjectionType,
  StreamViewType,
  Table,
  TableEncryption,
} from 'aws-cdk-lib/aws-dynamodb';
import type { Conditions } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import type { FunctionName } from '../../../tasks/functions.ts';
import { ledgerSchema } from '../../../tasks/ledger/ledger.ts';
import { liveKey, partitionOf } from '../../../tasks/ledger/stored.ts';
import { promotionIdPattern } from '../../../tasks/promotions/promotion-from.ts';
import type { LockstepFunction } from '../lockstep-function.ts';

const string = (name: string) => ({ name, type: AttributeType.STRING });

/** What functions do with the ledger: conditional writes of single items, reads, and listings. */
type LedgerOperation = 'GetItem' | 'PutItem' | 'Query' | 'UpdateItem';

const isWrite = (operation: LedgerOperation): boolean =>
  operation === 'PutItem' || operation === 'UpdateItem';

/** Holds for items of one application. A call without a partition key is none of these. */
const ownItems = (application: string): Conditions => ({
  'ForAllValues:StringLike': {
    'dynamodb:LeadingKeys': [partitionOf(promotionIdPattern(application)), liveKey(application).pk],
  },
  Null: { 'dynamodb:LeadingKeys': 'false' },
});

/** Holds for what is noted about one application as a whole, and for nothing of its promotions. */
const applicationItems = (application: string): Conditions => ({
  'ForAllValues:StringEquals': { 'dynamodb:LeadingKeys': [liveKey(application).pk] },
  Null: { 'dynamodb:LeadingKeys': 'false' },
});

/** It has one, because it is asked for. */
const streamOf = ({ tableStreamArn }: Table): string => {
  if (tableStreamArn === undefined) throw new Error('The table of the ledger has no stream. Give it one.');
  return tableStreamArn;
};

/** The promotions' book-keeping. */
export class Ledger extends Construct {
  readonly table: Table;
  /** Changes of the table's items, in order. */
  readonly streamArn: string;

  constructor(scope: Construct, id: string) {
    super(scope, id);
    this.table = new Table(this, 'Table', {
      partitionKey: string(ledgerSchema.partitionKey),
      sortKey: string(ledgerSchema.sortKey),
      timeToLiveAttribute: ledgerSchema.timeToLive,
      stream: StreamViewType.NEW_IMAGE,
      billingMode: BillingMode.PAY_PER_REQUEST,
      encryption: TableEncryption.AWS_MANAGED,
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
      // Who approved what must outlive mistakes.
      deletionProtection: true,
      removalPolicy: RemovalPolicy.RETAIN,
    });
    this.streamArn = streamOf(this.table);
    // DynamoDB makes or deletes one index in an update (T64), so a release may add or remove one, and only one: a second one
    // comes with the next release, after every account has deployed this one. A new table takes all of them at once.
    for (const { name, partitionKey, sortKey } of Object.values(ledgerSchema.indexes))
      this.table.addGlobalSecondaryIndex({
        indexName: name,
        partitionKey: string(partitionKey),
        sortKey: string(sortKey),
        projectionType: ProjectionType.ALL,
      });
  }

  /**
   * Lets a function do these things, and no others, with the ledger. None deletes anything: DynamoDB deletes old sessions.
   * @param application the only one whose items it may write; `all` is for the approvals site
   */
  allow(
    one: LockstepFunction<FunctionName>,
    application: string | 'all',
    ...operations: readonly LedgerOperation[]
  ): void {
    const { tableArn } = this.table;
    const indexes = Object.values(ledgerSchema.indexes).map(({ name }) => name);
    for (const operation of operations)
      one.allow(
        [`dynamodb:${operation}`],
        // Look-ups go through the indexes, listings through the table's own key.
        operation === 'Query'
          ? [tableArn, ...indexes.map((name) => `${tableArn}/index/${name}`)]
          : [tableArn],
        application !== 'all' && isWrite(operation) ? ownItems(application) : undefined,
      );
  }

  /** Lets a function note something about an application: it can write nothing about a promotion, and no decision. */
  allowNotes(one: LockstepFunction<FunctionName>, application: string): void {
    one.allow(['dynamodb:PutItem'], [this.table.tableArn], applicationItems(application));
  }
}
