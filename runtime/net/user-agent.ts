/** How this process calls itself towards its peers. */
export const USER_AGENT = `cdk8s-otel-gateway (${process.platform}/${process.arch})`;
