/** Loads OpenTelemetry's SDK where own telemetry needs it. */
import type { DiagLogger } from '@opentelemetry/api';
import type { Logger } from './logger';

type Sdk = typeof import('./telemetry-sdk');

/** The SDK; it is read from its own file at the first call. */
export function loadSdk(): Sdk {
  // Not `import`: tests run where that cannot be called late.
  // eslint-disable-next-line @typescript-eslint/no-require-imports
  return require('./telemetry-sdk') as Sdk;
}

/** Lets the SDK say in the process's log what it could not send. */
export function listenToSdk(log: Logger): void {
  const say = (text: string): void => {
    log.warn('Own telemetry was not sent.', { error: sentence(text) });
  };
  const quiet = (): void => undefined;
  const logger: DiagLogger = { error: say, warn: say, info: quiet, debug: quiet, verbose: quiet };
  loadSdk().listen(logger);
}

/** The SDK writes errors as JSON, with their stacks. */
function sentence(text: string): string {
  try {
    const { message } = JSON.parse(text) as { readonly message?: unknown };
    return typeof message === 'string' && message !== '' ? message : text;
  } catch {
    return text;
  }
}
