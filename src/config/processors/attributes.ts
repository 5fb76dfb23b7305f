/**
 * The contract of upstream's attributes processor.
 */
import { component } from '../contract';
import { list, openMap } from '../fields';
import { attributeAction, type AttributeActionConfig } from '../sections/attribute-actions';

/** Changes attributes of spans, records and data points. */
export interface AttributesProcessorConfig {
  /**
   * What is changed: `match_type` (strict or regexp) and properties to compare.
   * @default - everything is
   */
  readonly include?: Record<string, any>;
  /**
   * What is left alone: `match_type` (strict or regexp) and properties to compare.
   * @default - nothing is
   */
  readonly exclude?: Record<string, any>;
  /**
   * What is done, one after the other; one thing at least.
   */
  readonly actions: AttributeActionConfig[];
}

/** The contract of the attributes processor. */
export const attributesProcessor = component<AttributesProcessorConfig>()(
  'processors', 'attributes', {
    include: openMap(), exclude: openMap(), actions: list(attributeAction),
  }, {
    check: ({ actions }, report) => {
      if (actions.length === 0) report(['actions'], 'must hold at least one action, got []');
    },
  });
