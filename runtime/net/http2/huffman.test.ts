import { decodeHuffman, encodeHuffman, huffmanLength, mostDecoded } from './huffman';

function coded(text: string): string {
  const target = Buffer.alloc(4 * text.length + 1);
  const end = encodeHuffman(text, target, 0);
  expect(end).toBe(huffmanLength(text));
  return target.toString('hex', 0, end);
}

function plain(hex: string): string {
  const bytes = Buffer.from(hex, 'hex');
  const target = Buffer.alloc(mostDecoded(bytes.length));
  return target.toString('latin1', 0, decodeHuffman(bytes, 0, bytes.length, target));
}

it.each([
  ['www.example.com', 'f1e3c2e5f23a6ba0ab90f4ff'],
  ['no-cache', 'a8eb10649cbf'],
  ['Mon, 21 Oct 2013 20:13:21 GMT', 'd07abe941054d444a8200595040b8166e082a62d1bff'],
  ['', ''],
  ['\0', 'ffc7'],
  ['\n', 'fffffff3'],
  ['ÿ', 'fffffbbf'],
])('%j is coded as RFC 7541 says', (text, hex) => {
  expect(coded(text)).toBe(hex);
  expect(plain(hex)).toBe(text);
});

it('every two bytes in a row come back', () => {
  for (let first = 0; first < 256; first++) {
    const text = Array.from({ length: 256 }, (_, second) => String.fromCharCode(first, second));
    expect(plain(coded(text.join('')))).toBe(text.join(''));
  }
});
