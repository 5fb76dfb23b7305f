/**
 * What compressing and inflating cost, in microseconds of CPU time for 100 kB of OTLP. Bundled,
 * as through tsx every imported variable is a property access:
 *
 *     npm run bundle && npx esbuild runtime/bench/compressions.ts --bundle --platform=node
 *       --external:./zstd-library --outfile=runtime/dist/compressions.js
 *     node runtime/dist/compressions.js
 */
import { benchRequest } from './request';
import { compressionLoading, deflate, inflate, type Compression } from '../net/compression';

const ROWS: readonly (readonly [Compression, number])[] = [
  ['gzip', 0], ['gzip', 6], ['zstd', 0], ['zstd', 3], ['snappy', 0], ['x-snappy-framed', 0],
  ['lz4', 0],
];
const SPANS = 195;
const ROUNDS = 15;
const ROUND_MS = 100;
const UNIT = 100_000;

const body = Buffer.from(benchRequest(SPANS));

function cpuTime(): number {
  const { user, system } = process.cpuUsage();
  return user + system;
}

/** Microseconds for 100 kB, of the median round. */
function cost(work: () => void): string {
  const rounds = Array.from({ length: ROUNDS }, () => {
    const began = cpuTime();
    let times = 0;
    for (; cpuTime() - began < ROUND_MS * 1000; times++) work();
    return (cpuTime() - began) / times * UNIT / body.length;
  }).sort((a, b) => a - b);
  return rounds[ROUNDS >> 1].toFixed(0);
}

async function main(): Promise<void> {
  await compressionLoading(['zstd']);
  console.log(`Node.js ${process.version}, ${body.length} bytes`);
  console.log('| algorithm | level | size | compress | inflate |\n|---|---|---|---|---|');
  for (const [name, level] of ROWS) {
    const packed = deflate(name, [body], level);
    const size = (100 * packed.length / body.length).toFixed(1);
    const there = cost(() => { deflate(name, [body], level); });
    const back = cost(() => { inflate(name, packed, 4 * body.length); });
    console.log(`| ${name} | ${level} | ${size} % | ${there} | ${back} |`);
  }
}

void main();
