/** Where log lines are written: the process's own streams, and files. */
import pino from 'pino';
import { messageOf } from '../errors';

/** Takes lines, each with its line feed. */
export type WriteLine = (line: string) => void;

/** Where lines are written. */
export interface Outputs {
  /** Writes a line. */
  readonly write: WriteLine;
  /** Closes the files. */
  close(): void;
}

const STREAMS: Readonly<Record<string, number>> = { stdout: 1, stderr: 2 };

/**
 * Writes each line to all of `paths`: `stdout`, `stderr`, or files, which are appended to. What
 * cannot be written is told to `failed`; `key` is what the configuration calls the paths.
 *
 * @throws Error when a file cannot be opened.
 */
export function openOutputs(
  key: string, paths: readonly string[], failed: (error: Error) => void,
): Outputs {
  const outputs = paths.map((path) => openOutput(key, path, failed));
  return {
    write: (line) => { for (const output of outputs) output.write(line); },
    close: () => { for (const output of outputs) output.end(); },
  };
}

function openOutput(
  key: string, path: string, failed: (error: Error) => void,
): ReturnType<typeof pino.destination> {
  // Synchronous, because the last lines before a crash are the ones that somebody will look for.
  const dest = STREAMS[path] ?? path.replace(/^file:\/\//, '');
  try {
    const output = pino.destination({ dest, sync: true });
    output.on('error', failed);
    return output;
  } catch (error) {
    throw new Error(
      `${key}: must be stdout, stderr or files that can be written, got ${
        messageOf(error)}`, { cause: error });
  }
}
