/** Scenes of `npm run chaos`, cut down: real pods under load lose no span and split no trace. */
import { play } from './chaos/run';
import { sceneNamed } from './chaos/scenes';

test('nothing is lost and no trace split while pods of a pool come and go', async () => {
  const { problems } = await play({
    ...sceneNamed('stale'),
    play: async (stage) => {
      stage.do('freeze dns 3s');
      await sceneNamed('scale').play(stage);
      await sceneNamed('restart-agents').play(stage);
    },
  }, {
    loadS: 1,
    rate: 40,
    seed: 1,
    shape: { samplers: 2, mostSamplers: 3, decisionWaitS: 3, resolverDelayMs: 500 },
    say: () => undefined,
  });
  expect(problems).toEqual([]);
}, 90_000);
