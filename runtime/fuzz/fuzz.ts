/**
 * `npm run fuzz`: every decoder gets its share of 10 million inputs, each in a process of its own.
 *
 * A process that ends by itself, grows beyond its memory or says nothing for a while has met an
 * input that no decoder may have; which one is printed, and how to try it again.
 */
import { spawn } from 'child_process';
import { availableParallelism } from 'os';
import { resourceUsage } from 'process';
import { createInterface } from 'readline';
import { runCampaign, type CampaignResult, type FuzzTarget } from './campaign';
import { fuzzTargets } from './targets';
import { numberVariable } from '../testing/number-variable';

const INPUTS = numberVariable('FUZZ_INPUTS', 10_000_000);
/** Only targets whose name has this in it. */
const ONLY = process.env.FUZZ_ONLY ?? '';
const SEED = numberVariable('FUZZ_SEED', 1);
const FROM = numberVariable('FUZZ_FROM', 0);
/** Longest time for one input: thousands of times what it should take, on a busy machine too. */
const LONGEST_MS = 250;
/** Memory that no decoder needs: inputs are below 64 KiB and what they inflate to below 256. */
const HEAP_MIB = 128;
const RSS_MIB = 512;
/** Time without a word after which a process is taken to hang. */
const SILENCE_MS = 60_000;

interface Report extends CampaignResult { readonly rssMib: number }

async function campaign(name: string, inputs: number): Promise<void> {
  const target = (await fuzzTargets()).find((candidate) => candidate.name === name);
  if (target === undefined) throw new Error(`fuzz: must name a target, got ${name}`);
  const result = await runCampaign(target, {
    seed: SEED,
    from: FROM,
    inputs,
    longestMs: LONGEST_MS,
    progress: (index) => process.stdout.write(`at ${index}\n`),
  });
  const report: Report = { ...result, rssMib: Math.round(resourceUsage().maxRSS / 1024) };
  process.stdout.write(`result ${JSON.stringify(report)}\n`);
}

/** Runs a target in a process of its own; what comes back is its report, or how it ended. */
function inOwnProcess(target: FuzzTarget, inputs: number): Promise<Report | string> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [
      '--import', 'tsx', `--max-old-space-size=${HEAP_MIB}`, __filename, target.name,
      String(inputs),
    ], { stdio: ['ignore', 'pipe', 'inherit'], env: process.env });
    let last = 'before the first input';
    let report: Report | undefined;
    let silence = setTimeout(() => undefined, 0);
    const listen = (): void => {
      clearTimeout(silence);
      silence = setTimeout(() => child.kill('SIGKILL'), SILENCE_MS);
    };
    listen();
    createInterface({ input: child.stdout }).on('line', (line) => {
      listen();
      if (line.startsWith('result ')) report = JSON.parse(line.slice(7)) as Report;
      else last = line;
    });
    child.on('close', (code, signal) => {
      clearTimeout(silence);
      resolve(code === 0 && report !== undefined ? report
        : `ended with ${signal ?? code}, not later than 2000 inputs ${last}`);
    });
  });
}

function judge(target: FuzzTarget, inputs: number, report: Report | string): boolean {
  const name = target.name.padEnd(28);
  if (typeof report === 'string') {
    console.log(`FAIL  ${name} ${report}`);
    return false;
  }
  const { taken, refused, slowestMs, findings, rssMib } = report;
  const isGood = findings.length === 0 && rssMib <= RSS_MIB && taken + refused === inputs;
  console.log(`${isGood ? 'ok  ' : 'FAIL'}  ${name} ${String(inputs).padStart(9)} inputs`
    + ` ${String(taken).padStart(9)} taken ${String(refused).padStart(9)} refused`
    + `  slowest ${slowestMs.toFixed(1)} ms  ${rssMib} MiB`);
  for (const { index, input, what } of findings) {
    console.log(`  input ${index}: ${what}\n  ${input}\n  again: FUZZ_ONLY='${target.name}'`
      + ` FUZZ_SEED=${SEED} FUZZ_FROM=${index} FUZZ_INPUTS=1 npm run fuzz`);
  }
  return isGood;
}

async function all(): Promise<void> {
  const targets = (await fuzzTargets()).filter(({ name }) => name.includes(ONLY));
  const weight = targets.reduce((sum, target) => sum + target.weight, 0);
  const line = targets.map((target) => ({
    target, inputs: Math.ceil(INPUTS * target.weight / weight),
  }));
  let isGood = targets.length > 0;
  let total = 0;
  const work = async (): Promise<void> => {
    for (let next = line.shift(); next !== undefined; next = line.shift()) {
      const { target, inputs } = next;
      if (!judge(target, inputs, await inOwnProcess(target, inputs))) isGood = false;
      total += inputs;
    }
  };
  await Promise.all(Array.from({ length: availableParallelism() }, work));
  console.log(`${total} inputs, seed ${SEED}: ${isGood ? 'every one ended well' : 'see above'}`);
  process.exitCode = isGood ? 0 : 1;
}

const [, , name, inputs] = process.argv;
void (name === undefined ? all() : campaign(name, Number(inputs)));
