import { version } from '../version';

/** How this process calls itself towards its peers, in the shape of upstream's exporters. */
export const USER_AGENT =
  `cdk8s-otel-gateway/${version} (${process.platform}/${process.arch})`;
