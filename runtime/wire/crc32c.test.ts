import { crc32c } from './crc32c';

it.each([
  ['', 0],
  ['123456789', 0xe306_9283],
  ['a', 0xc1d0_4330],
])('the checksum of "%s" is that of the standard', (text, checksum) => {
  const bytes = Buffer.from(`>${text}<`);
  expect(crc32c(bytes, 1, bytes.length - 1)).toBe(checksum);
});
