declare const OTELGW_VERSION: string | undefined;

/** The package's version, which the bundler writes in; `development` when run from sources. */
export const version = typeof OTELGW_VERSION === 'string' ? OTELGW_VERSION : 'development';
