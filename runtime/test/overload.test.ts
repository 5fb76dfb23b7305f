/** A collector under twice the load that its backend takes; for longer: npm run overload. */
import { CollectorProcess } from '../testing/collector-process';
import { overload } from '../testing/overload';

afterAll(() => CollectorProcess.killAll());

test('what is too much is refused for now, and nothing that was accepted is lost', async () => {
  const { accepted, exitCode, lost, others, refused, sent } = await overload(2);
  expect(others).toEqual({});
  expect(refused).toBeGreaterThan(0);
  expect(accepted).toBeGreaterThan(0);
  expect(accepted + refused).toBe(sent);
  expect(lost).toBe(0);
  expect(exitCode).toBe(0);
});
