/** Scenes of `npm run chaos`, cut down: real pods under load lose no span and split no trace. */
import { play } from './chaos/run';
import { SCENES } from './chaos/scenes';

const SHORT = { decisionWaitS: 2, resolverDelayMs: 500, samplers: 2, mostSamplers: 3 };

test.each(['scale', 'round-robin'])('nothing is lost and no trace split in the scene "%s"',
  async (name) => {
    const lines: string[] = [];
    const scene = SCENES.find((each) => each.name === name);
    const { problems } = await play(scene!, {
      loadS: 1, rate: 40, seed: 1, shape: SHORT, say: (line) => lines.push(line),
    });
    expect(problems).toEqual([]);
  }, 90_000);
