/** The tools that build.sh builds. */
import { execFile } from 'child_process';
import { homedir } from 'os';
import { join } from 'path';

const FOLDER = join(
  process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'otelcol-upstream', 'tools');

const VERSIONS = { h2spec: 'v2.2.1', grpcurl: 'v1.9.3', ghz: 'v0.120.0' };
const DEADLINE_MS = 120_000;

/** What a tool left behind. */
export interface ToolResult {
  /** Its exit code. */
  readonly code: number;
  /** What it wrote to stdout. */
  readonly stdout: string;
  /** What it wrote to stderr. */
  readonly stderr: string;
}

/** Runs a tool with `words`, and `input` on its stdin. */
export function runTool(
  tool: keyof typeof VERSIONS, words: readonly string[], input = '',
): Promise<ToolResult> {
  return runProgram(join(FOLDER, `${tool}@${VERSIONS[tool]}`, tool), words, input);
}

/** Runs any program with `words`, and `input` on its stdin. */
export function runProgram(
  program: string, words: readonly string[], input: string | Buffer = '',
): Promise<ToolResult> {
  return new Promise((resolve, reject) => {
    const options = { timeout: DEADLINE_MS };
    const child = execFile(program, [...words], options, (error, stdout, stderr) => {
      const code = error === null ? 0 : error.code;
      if (typeof code === 'number') resolve({ code, stdout, stderr });
      else reject(error as Error);
    });
    // A program that reads nothing may have ended by now.
    child.stdin?.on('error', () => undefined);
    child.stdin?.end(input);
  });
}
