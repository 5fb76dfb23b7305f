import { Cors } from './cors';
import { otlpReceiver } from '../config';
import { oracleLines } from '../testing/oracle-lines';

/** What rs/cors v1.11.1 answered. */
interface Line {
  readonly cors: object;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly status: number;
  readonly answer: Readonly<Record<string, string>>;
}

function corsOf(yaml: object): Cors {
  const { settings } = otlpReceiver.read({ protocols: { http: { cors: yaml } } });
  const cors = settings?.protocols.http?.cors;
  if (cors === undefined) throw new Error('cors must be on');
  return new Cors(cors);
}

const LINES = oracleLines<Line>('cors');

test('every answer is that of Go', () => {
  const different = LINES.filter(({ cors: yaml, method, headers, status, answer }) => {
    const cors = corsOf(yaml);
    const request = { method, headers };
    const isPreflight = cors.isPreflight(request);
    const told = isPreflight ? cors.preflightHeaders(request) : cors.headersFor(request);
    const sorted = (map: object) => JSON.stringify(Object.entries(map).sort());
    return isPreflight !== (status === 204) || sorted(told) !== sorted(answer);
  });
  expect(different).toEqual([]);
  expect(LINES.length).toBeGreaterThan(300);
});
