/**
 * The contract of upstream's resource processor.
 */
import { component } from '../contract';
import { list } from '../fields';
import { attributeAction, type AttributeActionConfig } from '../sections/attribute-actions';

/** Changes attributes of resources. */
export interface ResourceProcessorConfig {
  /**
   * What is done, one after the other; one thing at least.
   */
  readonly attributes: AttributeActionConfig[];
}

/** The contract of the resource processor. */
export const resourceProcessor = component<ResourceProcessorConfig>()(
  'processors', 'resource', { attributes: list(attributeAction) }, {
    check: ({ attributes }, report) => {
      if (attributes.length === 0) report(['attributes'], 'must hold at least one action, got []');
    },
  });
