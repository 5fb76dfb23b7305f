/** Loads OpenTelemetry's SDK where own telemetry needs it. */
import type { DiagLogger } from '@opentelemetry/api';
import { sleep, type Clock } from '../clock';
import type { Logger } from './logger';

type Sdk = typeof import('./telemetry-sdk');

/** Longest time that the last of a kind may take: an exit must not wait for a peer. */
const LAST_SENDING_MS = 5_000;

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

/** Sends what is left of `what`, and waits for that no longer than an exit may. */
export async function endSending(
  what: 'metrics' | 'spans', own: { shutdown(): Promise<void> },
  { clock, log }: { readonly clock: Clock; readonly log: Logger },
): Promise<void> {
  await Promise.race([
    own.shutdown().catch((error: unknown) => {
      log.warn(`The last ${what} of the process could not be sent.`, { error });
    }),
    sleep(clock, LAST_SENDING_MS),
  ]);
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
