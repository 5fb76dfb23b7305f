import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'fs';
import { tmpdir } from 'os';
import { join } from 'path';
import { setFlagsFromString } from 'v8';
import { CompiledProgram } from './compiled-program';

const folder = mkdtempSync(join(tmpdir(), 'otelgw-compiled-'));
const file = join(folder, 'program.js');
const cache = `${file}.cache`;
const PROGRAM = 'exports.sum = (a, b) => a + b; exports.folder = __dirname;\n';

interface Exported {
  readonly sum: (a: number, b: number) => number;
  readonly folder: string;
}

/** Writes the program and what V8 compiles of it. */
function compile(): void {
  writeFileSync(file, PROGRAM);
  const program = new CompiledProgram(file);
  (program.run() as Exported).sum(1, 2);
  program.writeCache();
}

// Else V8 remembers what this process has compiled, and asks no file.
beforeAll(() => setFlagsFromString('--no-compilation-cache'));
beforeEach(() => rmSync(cache, { force: true }));
afterAll(() => rmSync(folder, { recursive: true }));

test('a program runs without anything compiled before', () => {
  writeFileSync(file, PROGRAM);
  const program = new CompiledProgram(file);
  expect(program.isFromCache).toBe(false);
  expect((program.run() as Exported).sum(2, 3)).toBe(5);
});

test('what was compiled is used the next time, and does the same', () => {
  compile();
  const program = new CompiledProgram(file);
  expect(program.isFromCache).toBe(true);
  const exported = program.run() as Exported;
  expect(exported.sum(2, 3)).toBe(5);
  expect(exported.folder).toBe(folder);
});

test('of another program of the same length nothing is used', () => {
  compile();
  writeFileSync(file, PROGRAM.replace('a + b', 'a * b'));
  const program = new CompiledProgram(file);
  expect(program.isFromCache).toBe(false);
  expect((program.run() as Exported).sum(2, 3)).toBe(6);
});

test.each([
  ['is empty', () => Buffer.alloc(0)],
  ['ends too early', (bytes: Buffer) => bytes.subarray(0, bytes.length - 9)],
  ['is of another version of V8', (bytes: Buffer) => {
    // V8 writes its number, then its version.
    bytes[8] ^= 0xff;
    return bytes;
  }],
])('a cache that %s is not used', (_, damaged) => {
  compile();
  writeFileSync(cache, damaged(readFileSync(cache)));
  const program = new CompiledProgram(file);
  expect(program.isFromCache).toBe(false);
  expect((program.run() as Exported).sum(2, 3)).toBe(5);
});
