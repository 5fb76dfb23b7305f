import { createOwnSpans } from './own-spans';
import { telemetry } from '../../config';

const TRACE_ID = '0af7651916cd43dd8448eb211c80319c';
const SPAN_ID = 'b7ad6b7169203331';
const KEPT = { traceparent: `00-${TRACE_ID}-${SPAN_ID}-01` };
const NOT_KEPT = { traceparent: `00-${TRACE_ID}-${SPAN_ID}-00` };

function spansOf(yaml: object) {
  const { settings, problems } = telemetry.read({ traces: yaml });
  expect(problems).toEqual([]);
  return createOwnSpans({ ...settings!.traces, resource: { attributes: {} } });
}

test.each([
  [['tracecontext'], KEPT, SPAN_ID],
  [['tracecontext'], { Traceparent: KEPT.traceparent }, SPAN_ID],
  [['b3'], { b3: `${TRACE_ID}-${SPAN_ID}-1` }, SPAN_ID],
  [['b3'], { 'X-B3-TraceId': TRACE_ID, 'X-B3-SpanId': SPAN_ID, 'X-B3-Sampled': '1' }, SPAN_ID],
  [['tracecontext', 'b3'], { b3: `${TRACE_ID}-${SPAN_ID}-1` }, SPAN_ID],
  [['tracecontext', 'b3'], KEPT, SPAN_ID],
  [[], KEPT, undefined],
  [['b3'], KEPT, undefined],
  [['tracecontext'], { b3: `${TRACE_ID}-${SPAN_ID}-1` }, undefined],
  [['tracecontext'], { traceparent: '00-nonsense' }, undefined],
  [['tracecontext'], { traceparent: `00-${'0'.repeat(32)}-${SPAN_ID}-01` }, undefined],
  [['b3'], { b3: '1' }, undefined],
])('with the propagators %j, headers %j tell the span %s', (propagators, headers, span) => {
  const place = spansOf({ propagators }).parentOf(Object.entries(headers).flat());
  expect(place?.spanId).toBe(span);
  expect(place?.traceId).toBe(span && TRACE_ID);
});

test.each([
  [undefined, {}, 1],
  [undefined, KEPT, 1],
  [undefined, NOT_KEPT, 0],
  [{ always_on: {} }, NOT_KEPT, 1],
  [{ always_off: {} }, KEPT, 0],
  [{ trace_id_ratio_based: { ratio: 0 } }, KEPT, 0],
  [{ trace_id_ratio_based: { ratio: 1 } }, {}, 1],
  [{ parent_based: {} }, NOT_KEPT, 0],
  [{ parent_based: {} }, {}, 1],
  [{ parent_based: { root: { always_off: {} } } }, {}, 0],
  [{ parent_based: { root: { always_off: {} } } }, KEPT, 1],
])('with the sampler %j and headers %j, %d is kept', (sampler, headers, kept) => {
  const spans = spansOf({ propagators: ['tracecontext'], sampler });
  const parent = spans.parentOf(Object.entries(headers).flat());
  const { traceFlags, traceId } = spans.begin({ scope: 'otlp', name: 'a', parent }).place;
  expect(traceFlags).toBe(kept);
  expect(traceId === TRACE_ID).toBe(parent !== undefined);
});

const PLACE = { traceId: TRACE_ID, spanId: SPAN_ID, traceFlags: 1 };
const TRACEPARENT = ['traceparent', KEPT.traceparent];
// In one header, as upstream does.
const B3 = ['b3', `${TRACE_ID}-${SPAN_ID}-1`];

test.each([
  [[], []],
  [['tracecontext'], [TRACEPARENT]],
  [['b3'], [B3]],
  [['b3', 'tracecontext'], [B3, TRACEPARENT]],
])('with the propagators %j a peer is told %j', (propagators, headers) => {
  expect(spansOf({ propagators }).headersOf(PLACE)).toEqual(headers);
});

test.each([
  ['a server', 'server', 1], ['a client', 'client', 2], ['neither', undefined, 0],
] as const)('the span of %s says so', async (_side, kind, expected) => {
  const write = jest.spyOn(console, 'dir').mockImplementation(() => undefined);
  const spans = spansOf({ processors: [{ simple: { exporter: { console: {} } } }] });
  spans.begin({ scope: 'net', name: 'a', kind }).end();
  await spans.shutdown();
  expect(write.mock.calls[0][0]).toMatchObject({ name: 'a', kind: expected });
  write.mockRestore();
});

test('what a client says beside its span goes on to the peer', () => {
  const spans = spansOf({ propagators: ['tracecontext'] });
  const parent = spans.parentOf(['traceparent', KEPT.traceparent, 'tracestate', 'vendor=1']);
  const { place } = spans.begin({ scope: 'net', name: 'a', kind: 'server', parent });
  expect(spans.headersOf(place)).toEqual([
    ['traceparent', `00-${TRACE_ID}-${place.spanId}-01`], ['tracestate', 'vendor=1'],
  ]);
});
