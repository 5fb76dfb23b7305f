import type { Snapshot } from './cluster-monitor';
import { alignColumns, LiveTable } from './live-table';
import type { Pod } from './pod';

const pod = {
  state: 'ready', restarts: 0, identity: { name: 'sampler-0', nodeName: 'node-1' },
} as unknown as Pod;

const snapshot: Snapshot = {
  rows: [{ pod, spansIn: 10.4, spansOut: 2, held: 7 }],
  kept: new Map([['errors', 3]]),
  backendSpans: 12,
};

function screen(isTTY: boolean): { text: string; isTTY: boolean; write(text: string): void } {
  return { text: '', isTTY, write(text) { this.text += text; } };
}

describe('the live table', () => {
  test('is drawn over what it drew before, on a terminal', () => {
    const tty = screen(true);
    const table = new LiveTable(tty);
    table.show('running', snapshot);
    const lines = tty.text.split('\n').length - 1;
    expect(tty.text).toContain('sampler-0  node-1  ready');
    expect(tty.text).toContain('kept by policy: errors 3 · at backends: 12 spans');
    table.show('running', snapshot);
    expect(tty.text).toContain(`\u001b[${lines}A\u001b[J`);
  });

  test('is one line for every five looks where lines cannot be drawn over', () => {
    const plain = screen(false);
    const table = new LiveTable(plain);
    for (let look = 0; look < 6; look++) table.show(`look ${look}`, snapshot);
    expect(plain.text.trim().split('\n')).toEqual([0, 5].map((look) =>
      `look ${look} · 1 of 1 pods ready · held 7 · kept errors 3 · at backends 12 spans`));
  });

  test('has numbers on the right and words on the left', () => {
    expect(alignColumns([['pod', 'spans'], ['a', '5'], ['bcde', '12345678']])).toEqual([
      'pod   spans', 'a            5', 'bcde  12345678',
    ]);
  });
});
