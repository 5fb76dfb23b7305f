import { thresholdOf, TraceIdHash } from './trace-id-hash';
import { oracleLines } from '../../testing/oracle-lines';
import { PolicyJudge } from '../../testing/policy-judge';
import { spans } from '../../testing/span-builder';

interface IdLine {
  readonly ids: readonly string[];
}
interface DecisionLine {
  readonly kind: string;
  readonly hash_salt: string;
  readonly sampling_percentage: number;
  readonly sampled_no_tracestate: string;
  readonly sampled_with_ot_th0: string;
  readonly reported_threshold_hex: string;
  readonly usetracestate_gate: boolean;
}

const ORACLE = oracleLines<IdLine | DecisionLine>('tail_probabilistic');
const { ids } = ORACLE[0] as IdLine;
const LINES = (ORACLE.slice(1) as DecisionLine[]).filter(({ kind }) => kind === 'decisions');

function wordsOf(id: string): Int32Array {
  const bytes = Buffer.from(id, 'hex');
  return Int32Array.from([0, 4, 8, 12], (at) => bytes.readInt32LE(at));
}

test('the oracle has percentages, salts and gates', () => {
  expect(ids).toHaveLength(200);
  expect(LINES).toHaveLength(39);
});

test.each(LINES.map((line) => [
  line.sampling_percentage, line.hash_salt, line.usetracestate_gate, line,
] as const))(
  '%d %% with the salt "%s" keeps the traces that upstream keeps; counts are adjusted: %s',
  (samplingPercentage, hashSalt, adjustsCounts, line) => {
    const keptWith = (traceState?: string): string => {
      const request = spans([{ trace: 't', traceState }]);
      return ids.map((id) => {
        const decision = judge.decideAbout(judge.held([request], { id }));
        return decision === 'sampled' ? '1' : '0';
      }).join('');
    };
    const newJudge = (): PolicyJudge => new PolicyJudge(
      { name: 'p', type: 'probabilistic', probabilistic: { hashSalt, samplingPercentage } },
      adjustsCounts);
    let judge = newJudge();
    expect(keptWith()).toBe(line.sampled_no_tracestate);
    judge = newJudge();
    expect(keptWith('ot=th:0')).toBe(line.sampled_with_ot_th0);
    expect(judge.threshold.replace(/^0(?=.{14})/, '')).toBe(line.reported_threshold_hex);
  });

test.each([
  [-50, 0n],
  [0.01, 1844674407370955n],
  [1, 184467440737095519n],
  [15, 2767011611056432639n],
  [33.3, 6142765776545279999n],
  [50, 9223372036854775807n],
  [99.9, 18428297329635844095n],
  [150, 18446744073709551615n],
])('%d %% keeps hashes up to %s', (percentage, threshold) => {
  const { low, high } = thresholdOf(percentage / 100);
  expect(BigInt(high) << 32n | BigInt(low)).toBe(threshold);
});

test.each([
  ['00000000000000000000000000000001', 0xe19535eed1bbaa8an],
  ['4bf92f3577b34da6a3ce929d0e0e4736', 0xa54533ba2e4970b5n],
  ['ffffffffffffffffffffffffffffffff', 0x17bec3739634fe2dn],
])('the hash of %s is %s', (id, hash) => {
  const hashed = new TraceIdHash('default-hash-seed');
  const at = (value: bigint) => ({
    low: Number(value & 0xffff_ffffn), high: Number(value >> 32n),
  });
  expect(hashed.isAtMost(at(hash), wordsOf(id), 0)).toBe(true);
  expect(hashed.isAtMost(at(hash - 1n), wordsOf(id), 0)).toBe(false);
});
