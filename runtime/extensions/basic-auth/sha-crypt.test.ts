import { shaCryptCheck } from './sha-crypt';

/** The passwords and salts of the specification, then lengths of a digest; by crypt(3) of glibc. */
const HASHES: readonly (readonly [string, string])[] = [
  ['Hello world!',
    '$5$saltstring$'
    + '5B8vYYiY.CVt1RlTTf8KbXBH3hsxY/GNooZaBBGWEc5'],
  ['Hello world!',
    '$6$saltstring$'
    + 'svn8UoSVapNtMuq1ukKS4tPQd8iKwSMHWjl/O817G3uBnIFNjnQJuesI68u4OTLiBFdcbYEdFCoEOfaS35inz1'],
  ['Hello world!',
    '$5$rounds=10000$saltstringsaltst$'
    + '3xv.VbSHBb41AL9AvLeujZkZRBAwqFMz2.opqey6IcA'],
  ['Hello world!',
    '$6$rounds=10000$saltstringsaltst$'
    + 'OW1/O6BYHV6BcXZu8QVeXbDWra3Oeqh0sbHbbMCVNSnCM/UrjmM0Dp8vOuZeHBy/YTBmSK6H9qs/y3RnOaw5v.'],
  ['This is just a test',
    '$5$rounds=5000$toolongsaltstrin$'
    + 'Un/5jzAHMgOGZ5.mWJpuVolil07guHPvOW8mGRcvxa5'],
  ['This is just a test',
    '$6$rounds=5000$toolongsaltstrin$'
    + 'lQ8jolhgVRVhY4b5pZKaysCLi0QBxGoNeKQzQ3glMhwllF7oGDZxUhx1yxdYcz/e1JSbq3y6JMxxl8audkUEm0'],
  ['a very much longer text to encrypt.  This one even stretches'
    + ' over morethan one line.',
  '$5$rounds=1400$anotherlongsalts$'
    + 'Rx.j8H.h8HjEDGomFU8bDkXm3XIUnzyxf12oP84Bnq1'],
  ['a very much longer text to encrypt.  This one even stretches'
    + ' over morethan one line.',
  '$6$rounds=1400$anotherlongsalts$'
    + 'POfYwTEok97VWcjxIiSOjiykti.o/pQs.wPvMxQ6Fm7I6IoYN3CmLs66x9t0oSwbtEW7o7UmJEiDwGqd8p4ur1'],
  ['we have a short salt string but not a short password',
    '$5$rounds=77777$short$'
    + 'JiO1O3ZpDAxGJeaDIuqCoEFysAe1mZNJRs3pw0KQRd/'],
  ['we have a short salt string but not a short password',
    '$6$rounds=77777$short$'
    + 'WuQyW2YR.hBNpjjRhpYD/ifIw05xdfeEyQoMxIXbkvr0gge1a1x3yRULJ5CCaUeOxFmtlcGZelFl5CxtgfiAc0'],
  ['the minimum number is still observed',
    '$5$rounds=10$roundstoolow$'
    + 'yfvwcWrQ8l/K0DAWyuPMDNHpIVlTQebY9l/gL972bIC'],
  ['the minimum number is still observed',
    '$6$rounds=10$roundstoolow$'
    + 'kUMsbe306n21p9R.FRkW3IGn.S9NPN0x50YhH1xhLsPuWGsUSklZt58jaTfF4ZEQpyUNGc0dqbpBYYBaHHrsX.'],
  ['x'.repeat(32),
    '$5$exact$'
    + '1NognesCKESrcLDa9ccXiORxDGcLrULqKX0jZ78.9N7'],
  ['x'.repeat(32),
    '$6$exact$'
    + '7s4tZmPqMz9P7wagBVCKDeRIIgeppgGtVnHxRtQKKsfuOTfLuLpD6BoUWztVUYQwnFhwJX3chbzOq6og.Dt/u0'],
  ['x'.repeat(64),
    '$5$exact$'
    + 'rL.Y5voBHNOzXpGJ3xDwbbXglW5NpjKBgbz/uRCXVG9'],
  ['x'.repeat(64),
    '$6$exact$'
    + 'D6PxP6HbFNfg/9VjeqX/XsxCkcM9qRDA8neliseGRvgXEMKEcwfvTb0RA0ZfW.G8jmhghlwwFyvx/NRt8SUGt1'],
  ['é世',
    '$5$n$'
    + 'cL6b/V8qfavbs04rI/wq5kl0cvBYh/1A8sQ/Y7qbUHC'],
  ['é世',
    '$6$n$'
    + '.OMA1P5bEAo.B7AJ9YYvQy8FJnd3m.MSccY.nLJv3br06Gvf7Xtb6Aisklr4hGFbs.Q96aL2LhtFktXh7ahi/.'],
];

test.each(HASHES)('%s is told by its hash from what is nearly the same', async (password, hash) => {
  const check = shaCryptCheck(hash)!;
  expect(await check(password)).toBe(true);
  expect(await check(`${password} `)).toBe(false);
});

test('a password that would take long to look at is never right', async () => {
  const [, hash] = HASHES[0];
  expect(await shaCryptCheck(hash)!('x'.repeat(100_000))).toBe(false);
});

test.each([
  '$5$salt$hash', '$6$salt', '$7$saltstring$5B8vYYiY.CVt1RlTTf8KbXBH3hsxY/GNooZaBBGWEc5',
  '$6$saltstring$5B8vYYiY.CVt1RlTTf8KbXBH3hsxY/GNooZaBBGWEc5',
  '$5$rounds=x$saltstring$5B8vYYiY.CVt1RlTTf8KbXBH3hsxY/GNooZaBBGWEc5',
])('%s is no hash', (line) => {
  expect(shaCryptCheck(line)).toBeUndefined();
});

test('others have their turn while a password is looked at', async () => {
  let turns = 0;
  let isOver = false;
  const next = (): void => {
    turns++;
    if (!isOver) setImmediate(next);
  };
  setImmediate(next);
  await shaCryptCheck(HASHES[0][1])!('guess');
  isOver = true;
  expect(turns).toBeGreaterThan(10);
});
