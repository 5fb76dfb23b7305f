import { createNopExporter } from './nop';
import { exporterContext } from '../../testing/component-context';
import { componentSuite } from '../../testing/component-suite';
import { samplePayload } from '../../testing/sample-payload';

componentSuite('nop', {
  kind: 'exporter',
  make: () => ({ component: createNopExporter({}, exporterContext('nop')) }),
});

it('nop counts and logs nothing, as upstream\'s does', async () => {
  const context = exporterContext('nop');
  const exporter = createNopExporter({}, context);
  await exporter.consume(samplePayload('traces', 3));
  expect(context.log.lines).toEqual([]);
  expect(await context.metrics.text()).toBe('\n');
});
