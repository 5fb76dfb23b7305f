/**
 * `npm run overload`: twice the sustainable load, a minute until the process is warm and a minute
 * that counts; exits 1 when a promise is broken.
 */
import { CollectorProcess } from '../testing/collector-process';
import { numberVariable } from '../testing/number-variable';
import { overload, type OverloadResult } from '../testing/overload';

/**
 * Growth of memory between two times that is no growth. For about the first minute of this load V8
 * takes more for itself, whatever the collector holds.
 */
const NOISE = 1.1;

async function main(): Promise<number> {
  const seconds = numberVariable('OVERLOAD_SECONDS', 120);
  const result = await overload(seconds);
  CollectorProcess.killAll();
  const { accepted, exitCode, lost, others, rate, refused, rssMib, sent, sustainable } = result;
  console.log(`${seconds} s; the backend takes ${sustainable} requests/s of 100 spans; sent ${
    sent} (${rate.toFixed(0)}/s)`);
  console.log(`accepted ${accepted}, refused with UNAVAILABLE or 503 ${refused}, others ${
    JSON.stringify(others)}, lost ${lost}, exit code ${exitCode}`);
  const { early, late } = memory(result);
  console.log(`RSS in MiB: begins at ${rssMib[0]}, at most ${Math.max(...rssMib)}; highest of the`
    + ` third quarter ${early}, of the last ${late}`);
  const isKept = lost === 0 && Object.keys(others).length === 0 && exitCode === 0
    && late <= early * NOISE;
  console.log(isKept ? 'ok' : 'FAIL');
  return isKept ? 0 : 1;
}

function memory({ rssMib }: OverloadResult): { early: number; late: number } {
  const quarter = Math.floor(rssMib.length / 4);
  return {
    early: Math.max(...rssMib.slice(2 * quarter, 3 * quarter)),
    late: Math.max(...rssMib.slice(3 * quarter)),
  };
}

void main().then((code) => { process.exitCode = code; });
