/** Everything that a tail sampler can be told. */
import { Duration } from 'cdk8s';
import type { TailSamplingProcessorConfig } from '../../src/config/structs';

const seconds = (n: number) => Duration.seconds(n);

/** Every key of the processor. */
export const FULL_TAIL_SAMPLING = {
  decisionWait: seconds(10),
  decisionWaitAfterRootReceived: seconds(2),
  numTraces: 1,
  expectedNewTracesPerSec: 2,
  decisionCache: { sampledCacheSize: 3, nonSampledCacheSize: 4 },
  sampleOnFirstMatch: true,
  dropPendingTracesOnShutdown: true,
  maximumTraceSizeBytes: 5,
  usetracestate: true,
  recordpolicy: true,
  peers: 'trace_peers',
  journal: { directory: '/var/lib/journal', maxMib: 64 },
  blockOnOverflow: true,
  samplingStrategy: 'trace-complete',
  numShards: 2,
  maxBytes: 2_000_000,
  decisionQuietPeriod: seconds(3),
  stressRelief: {
    activationLevel: 80,
    deactivationLevel: 60,
    maximumLag: seconds(2),
    minimumDuration: seconds(20),
    samplingPercentage: 5,
  },
  detectSplitTraces: false,
  policies: [
    {
      name: 'c',
      type: 'composite',
      composite: {
        maxTotalSpansPerSecond: 9,
        policyOrder: ['x'],
        compositeSubPolicy: [
          { name: 'x', type: 'trace_state', traceState: { key: 'k', values: ['v'] } },
          { name: 'y', type: 'bytes_limiting', bytesLimiting: { bytesPerSecond: 1 } },
        ],
        rateAllocation: [{ policy: 'x', percent: 40 }],
        fair: true,
      },
    },
    { name: 'x', type: 'always_sample', dryRun: true },
    { name: 'l', type: 'latency', latency: { thresholdMs: 1, upperThresholdMs: 2 } },
    {
      name: 'n',
      type: 'and',
      and: {
        andSubPolicy: [
          {
            name: '',
            type: 'not',
            not: {
              notSubPolicy: {
                name: '', type: 'status_code', statusCode: { statusCodes: ['ERROR'] },
              },
            },
          },
        ],
      },
    },
  ],
} satisfies TailSamplingProcessorConfig;
