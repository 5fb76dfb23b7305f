/** What peers send around a request: frames of gRPC, compression, answers. */
import * as zlib from 'zlib';
import { deflate, inflate, type Compression } from '../../net/compression';
import { percentDecode, percentEncode } from '../../net/grpc-rules';
import { MessageAssembler, messagePrefix } from '../../net/message-assembler';
import { partialSuccessOf, partialSuccessOfJson } from '../../net/partial-success';
import { decodeStatus, parseStatus } from '../../net/status-codec';
import { zstdLoading } from '../../net/zstd';
import * as responses from '../../otlp/responses';
import { encodeForeignPartialSuccess, encodeForeignStatus } from '../../testing/rpc-status';
import type { FuzzTarget } from '../campaign';
import { mustHold, REQUESTS, valueOf } from './requests';

const LIMIT = 256 * 1024;
const [ORIGINAL] = REQUESTS.traces;
/** What repeats in both ways: near and far, once and for long. */
const REPEATED = Buffer.concat([...Array<Uint8Array>(20).fill(ORIGINAL), Buffer.alloc(3000, 65)]);

const FOREIGN: Readonly<Record<string, ((bytes: Uint8Array) => Uint8Array) | undefined>> = {
  gzip: zlib.gzipSync, zlib: zlib.deflateSync, deflate: zlib.deflateSync,
};

function inflates(name: Compression, input: Uint8Array): boolean {
  const bytes = valueOf(() => inflate(name, input, LIMIT));
  if (bytes !== undefined) mustHold(bytes.length <= LIMIT, 'must keep the limit', bytes.length);
  return bytes !== undefined;
}

function compressionTarget(name: Compression, weight: number): FuzzTarget {
  const written = FOREIGN[name] ?? ((bytes: Uint8Array) => deflate(name, [bytes]));
  return {
    name: `${name} bodies`,
    seeds: [written(ORIGINAL), written(REPEATED)],
    weight,
    decode: (input) => inflates(name, input),
  };
}

/** The same bytes in one chunk and in chunks of every size end alike. */
function assembles(input: Uint8Array): boolean {
  const whole = outcome([input]);
  const size = input.length % 7 + 1;
  const pieces: Uint8Array[] = [];
  for (let at = 0; at < input.length; at += size) pieces.push(input.subarray(at, at + size));
  const cut = outcome(pieces);
  mustHold(cut === whole, `must end as in one chunk: ${whole}`, cut);
  return whole.startsWith('message');
}

function outcome(chunks: readonly Uint8Array[]): string {
  const assembler = new MessageAssembler(LIMIT);
  for (const chunk of chunks) {
    const failure = assembler.push(chunk);
    if (failure !== undefined) return 'refused';
  }
  return assembler.end() === undefined
    ? `message ${Buffer.from(assembler.message()).toString('base64')}` : 'refused';
}

function answers(input: Uint8Array): boolean {
  const told = [
    decodeStatus(input), parseStatus(input), partialSuccessOf(input), partialSuccessOfJson(input),
    ...(['proto', 'json'] as const).flatMap((encoding) => [
      valueOf(() => responses.decodeStatus(input, encoding)),
      valueOf(() => responses.readPartialSuccess('traces', input, encoding)),
    ]),
  ];
  return told.some((value) => value !== undefined);
}

function messages(input: Uint8Array): boolean {
  const text = Buffer.from(input).toString();
  mustHold(percentDecode(percentEncode(text)) === text, 'must come back', text);
  percentDecode(Buffer.from(input).toString('latin1'));
  return true;
}

const STATUS = { code: 14, message: 'später: 100 %', retryDelay: { seconds: 2, nanos: 5 } };
const FRAMED = Buffer.concat([messagePrefix(ORIGINAL.length, false), ORIGINAL]);

/** Resolves when every target can be tried: one decoder is loaded late. */
export async function transportReady(): Promise<void> {
  await zstdLoading();
}

/** Targets below export requests; only after `transportReady`. */
export function transportTargets(): readonly FuzzTarget[] {
  return [
    {
      name: 'gRPC messages',
      seeds: [FRAMED, messagePrefix(0, true)],
      weight: 8,
      decode: assembles,
    },
    compressionTarget('gzip', 2), compressionTarget('zlib', 2), compressionTarget('zstd', 2),
    compressionTarget('snappy', 3), compressionTarget('x-snappy-framed', 3),
    compressionTarget('lz4', 3),
    {
      name: 'answers',
      seeds: [
        encodeForeignStatus(STATUS), encodeForeignPartialSuccess(3, 'no'),
        Buffer.from('{"code":14,"message":"m","details":[{"@type":'
          + '"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"2.5s"}]}'),
        Buffer.from('{"partialSuccess":{"rejectedSpans":"5","errorMessage":"m"}}'),
      ],
      weight: 6,
      decode: answers,
    },
    {
      name: 'status messages',
      seeds: [Buffer.from('sp%C3%A4ter 100 %25 %zz'), Buffer.from('ä\n\u{1f600}%')],
      weight: 4,
      decode: messages,
    },
  ];
}

