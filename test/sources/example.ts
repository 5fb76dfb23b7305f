/** Examples, each of which retells a source document, chart by chart. */
import { objectsIn, synthesizeExample } from '../example-objects';
import { Objects } from '../synthesized';

/** Synthesizes an example; what it gives finds the objects of one of its charts. */
export function chartsOf(example: string): (chart: string) => Objects {
  const files = synthesizeExample(example);
  return (chart) => {
    const file = files.find(({ name }) => name === `${chart}.k8s.yaml`);
    return new Objects(objectsIn(file?.text ?? ''));
  };
}
