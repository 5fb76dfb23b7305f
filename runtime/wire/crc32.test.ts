import { crc32 as zlibCrc32 } from 'zlib';
import { crc32 } from './crc32';

function bytesOf(length: number): Buffer {
  return Buffer.from(Array.from({ length }, (_, i) => i * 167 + 13 & 0xff));
}

test('of "123456789" is the check value of the standard', () => {
  expect(crc32(Buffer.from('123456789'), 0, 9)).toBe(0xcbf43926);
});

test.each([0, 1, 7, 8, 15, 16, 17, 31, 32, 33, 100, 1000])(
  'of %d bytes in the middle of others is that of zlib', (length) => {
    const bytes = bytesOf(length + 20);
    expect(crc32(bytes, 9, 9 + length)).toBe(zlibCrc32(bytes.subarray(9, 9 + length)));
  });
