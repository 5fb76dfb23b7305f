import { parseSamples, sumOf } from './pod-metrics';

const PAGE = `# HELP otelcol_exporter_sent_spans Spans.
# TYPE otelcol_exporter_sent_spans counter
otelcol_exporter_sent_spans{exporter="otlp_grpc/a",note="say \\"hi\\""} 12
otelcol_exporter_sent_spans{exporter="otlp_grpc/b"} 3e2
otelcol_receiver_accepted_spans_total 7
up 1
`;

describe('metrics of pods', () => {
  test('are read from Prometheus text', () => {
    expect(parseSamples(PAGE)[0]).toEqual({
      name: 'otelcol_exporter_sent_spans',
      labels: { exporter: 'otlp_grpc/a', note: 'say "hi"' },
      value: 12,
    });
  });

  test.each([
    ['over all labels', 'otelcol_exporter_sent_spans', {}, 312],
    ['over some labels', 'otelcol_exporter_sent_spans', { exporter: 'otlp_grpc/b' }, 300],
    ['with the suffix of a type', 'otelcol_receiver_accepted_spans', {}, 7],
    ['of what is not there', 'otelcol_nothing', {}, 0],
  ])('are added up %s', (_what, name, labels, sum) => {
    expect(sumOf(parseSamples(PAGE), name, labels)).toBe(sum);
  });
});
