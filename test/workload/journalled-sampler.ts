/** A sampler with or without a journal, for those who run what it becomes. */
import { Duration } from 'cdk8s';
import {
  Backend, SamplingJournal, SamplingPolicy, Signal, TailSamplingGateway,
} from '../../src';
import { synthesized } from '../synthesized';

/** The configuration of a sampler that waits three seconds and keeps everything. */
export function journalledSampler(keepsJournal: boolean): string {
  return synthesized((chart) => {
    new TailSamplingGateway(chart, 'sampler', {
      journal: keepsJournal ? SamplingJournal.ephemeral() : undefined,
      tracePeers: false,
      signals: [Signal.TRACES],
      decisionWait: Duration.seconds(3),
      policies: [SamplingPolicy.alwaysSample('all')],
      exportTo: [Backend.otlp('store', { endpoint: 'store:4317' })],
    });
  }).get('ConfigMap', 'sampler-config').data['collector.yaml'];
}
