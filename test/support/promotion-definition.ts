import { definitionOf, stackOf, templates } from '../infra/aws/support/templates.ts';

/** The promotion's definition as cdk.json's configuration renders it, with ARNs as text. */
export const promotionDefinition = JSON.stringify(definitionOf(stackOf(templates(), 'Lockstep-orders')));
