import { xxh32 } from './xxh32';

it.each([
  ['', 0x02cc_5d05],
  ['a', 0x550d_7456],
  ['abc', 0x32d1_53ff],
  ['Nobody inspects the spammish repetition', 0xe229_3b2f],
])('the checksum of "%s" is that of the reference', (text, checksum) => {
  const bytes = Buffer.from(`>${text}<`);
  expect(xxh32(bytes, 1, bytes.length - 1)).toBe(checksum);
});
