/** Where configuration comes from: the words behind `--config`. */
import { readFileSync } from 'fs';
import * as http from 'http';
import * as https from 'https';
import { messageOf } from '../errors';

/** Longest configuration that is read from a URL, in bytes. */
const MAX_BYTES = 4 * 1024 * 1024;
const TIMEOUT_MS = 10_000;

/** One text of configuration and where it came from. */
export interface ConfigSource {
  /** What problems are reported against, for example a file's path. */
  readonly name: string;
  /** YAML. */
  readonly text: string;
}

/**
 * Reads what `given` names: a file's path, `file:PATH`, `env:NAME`, `yaml:TEXT`, or an URL that
 * begins `http:` or `https:`.
 *
 * @throws Error when it cannot be read.
 */
export async function readConfigSource(
  given: string, env: Readonly<Record<string, string | undefined>>,
): Promise<ConfigSource> {
  if (given.startsWith('yaml:')) return { name: 'yaml:', text: pathsOnOneLine(given.slice(5)) };
  if (given.startsWith('env:')) return fromEnvironment(given.slice(4), env);
  if (/^https?:/.test(given)) return { name: given, text: await fetchText(given) };
  const path = given.startsWith('file:') ? given.slice(5) : given;
  try {
    return { name: path, text: readFileSync(path, 'utf8') };
  } catch (error) {
    throw new Error(`--config ${given}: must name a file that can be read, got ${messageOf(error)}`,
      { cause: error });
  }
}

/** Upstream writes a path of keys as `a::b::c: value`; every part of it is a map. */
function pathsOnOneLine(text: string): string {
  const [, path, value] = /^([\w./-]+(?:::[\w./-]+)+): ?(.*)$/s.exec(text) ?? [];
  if (path === undefined) return text;
  const keys = path.split('::');
  return keys.map((key, depth) => `${'  '.repeat(depth)}${key}:`).join('\n') + ` ${value}\n`;
}

function fromEnvironment(
  name: string, env: Readonly<Record<string, string | undefined>>,
): ConfigSource {
  const text = env[name];
  if (text === undefined) {
    throw new Error(`--config env:${name}: must be a variable that is set, got none of that name`);
  }
  return { name: `env:${name}`, text };
}

function fetchText(url: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const refuse = (got: string): void => reject(
      new Error(`--config ${url}: must answer 200 with at most ${MAX_BYTES} bytes, got ${got}`));
    const request = (url.startsWith('https:') ? https : http).get(url, (response) => {
      if (response.statusCode !== 200) {
        response.destroy();
        refuse(`status ${response.statusCode}`);
        return;
      }
      const parts: Buffer[] = [];
      let size = 0;
      response.on('data', (part: Buffer) => {
        size += part.length;
        parts.push(part);
        if (size > MAX_BYTES) response.destroy(new Error(`body: must be small, got ${size}`));
      });
      response.on('end', () => resolve(Buffer.concat(parts).toString('utf8')));
      response.on('error', (error) => refuse(error.message));
    });
    request.setTimeout(TIMEOUT_MS, () => request.destroy(
      new Error(`nothing within ${TIMEOUT_MS / 1000} s`)));
    request.on('error', (error) => refuse(error.message));
  });
}
