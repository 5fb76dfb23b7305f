/** The one door between the runtime and the contracts that it shares with the constructs. */
export * from '../src/config';
export {
  comparableName, componentsOf, distributionsWith, type PublishedDistribution,
} from '../src/distribution/component-lists';
export { misnamedTypes, unsupportedSettings } from '../src/distribution/setting-changes';
export { NEWEST_UPSTREAM } from '../src/distribution/versions';
