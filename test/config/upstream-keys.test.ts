/**
 * Every key of upstream's configuration structs is known here: implemented, without an effect that
 * is told, or refused by its name. `oracle/struct_keys.jsonl` has the `mapstructure` tags of the
 * structs in the Go modules of that version.
 */
import { readFileSync } from 'fs';
import { join } from 'path';
import {
  basicAuthExtension, batchProcessor, bearerTokenAuthExtension, debugExporter, fileExporter,
  fileStorageExtension, headersSetterExtension, healthCheckExtension, loadBalancingExporter,
  memoryLimiterProcessor, oauth2ClientExtension, otlpGrpcExporter, otlpHttpExporter, otlpReceiver,
  pathText, type Part,
} from '../../src/config';

interface Struct {
  readonly module: string;
  readonly version: string;
  readonly struct: string;
  readonly keys: readonly string[];
}

/** Where a struct is: the contract, and the keys that lead to it; numbers are places in lists. */
type Place = readonly [part: Part, ...at: (string | number)[]];

const GRPC_IN: Place = [otlpReceiver, 'protocols', 'grpc'];
const HTTP_IN: Place = [otlpReceiver, 'protocols', 'http'];
const OUT: readonly Place[] = [
  [otlpGrpcExporter], [otlpHttpExporter], [loadBalancingExporter, 'protocol', 'otlp'],
];

function below(places: readonly Place[], ...keys: string[]): Place[] {
  return places.map((place) => [...place, ...keys] as const);
}

const PLACES: Readonly<Record<string, readonly Place[]>> = {
  'configgrpc.ClientConfig': [OUT[0], OUT[2]],
  'configgrpc.KeepaliveClientConfig': below([OUT[0], OUT[2]], 'keepalive'),
  'configgrpc.ServerConfig': [GRPC_IN],
  'configgrpc.KeepaliveServerConfig': below([GRPC_IN], 'keepalive'),
  'configgrpc.KeepaliveServerParameters': below([GRPC_IN], 'keepalive', 'server_parameters'),
  'configgrpc.KeepaliveEnforcementPolicy': below([GRPC_IN], 'keepalive', 'enforcement_policy'),
  'confighttp.ClientConfig': [OUT[1]],
  'confighttp.KeepaliveClientConfig': below([OUT[1]], 'keepalive'),
  'confighttp.ServerConfig': [HTTP_IN, [healthCheckExtension]],
  'confighttp.KeepaliveServerConfig': below([HTTP_IN], 'keepalive'),
  'confighttp.AuthConfig': below([HTTP_IN], 'auth'),
  'confighttp.CORSConfig': below([HTTP_IN], 'cors'),
  'configtls.ClientConfig': below([...OUT, [oauth2ClientExtension]], 'tls'),
  'configtls.Config': below(
    [...OUT, GRPC_IN, HTTP_IN, [oauth2ClientExtension], [healthCheckExtension]], 'tls'),
  'configtls.ServerConfig': below([GRPC_IN, HTTP_IN, [healthCheckExtension]], 'tls'),
  'confignet.DialerConfig': below([GRPC_IN, HTTP_IN], 'dialer'),
  'confignet.AddrConfig': [GRPC_IN, HTTP_IN, [healthCheckExtension]],
  'configcompression.CompressionParams': below([OUT[1]], 'compression_params'),
  'configauth.Config': below([...OUT, GRPC_IN, HTTP_IN], 'auth'),
  'configretry.BackOffConfig': below([...OUT, [loadBalancingExporter]], 'retry_on_failure'),
  'exporterhelper.TimeoutConfig': [...OUT, [loadBalancingExporter]],
  'exporterhelper.Config': below([...OUT, [loadBalancingExporter]], 'sending_queue'),
  'exporterhelper.BatchConfig': below(OUT, 'sending_queue', 'batch'),
  'exporterhelper.PartitionConfig': below(OUT, 'sending_queue', 'batch', 'partition'),
  'batchprocessor.Config': [[batchProcessor]],
  'memorylimiter.Config': [[memoryLimiterProcessor]],
  'debugexporter.Config': [[debugExporter]],
  'otlpreceiver.HTTPConfig': [HTTP_IN],
  'otlpreceiver.Protocols': [[otlpReceiver, 'protocols']],
  'otlpreceiver.Config': [[otlpReceiver]],
  'otlpexporter.Config': [OUT[0], OUT[2]],
  'otlphttpexporter.Config': [OUT[1]],
  'bearertokenauthextension.Config': [[bearerTokenAuthExtension]],
  'oauth2clientauthextension.Config': [[oauth2ClientExtension]],
  'basicauthextension.HtpasswdSettings': [[basicAuthExtension, 'htpasswd']],
  'basicauthextension.ClientAuthSettings': [[basicAuthExtension, 'client_auth']],
  'basicauthextension.Config': [[basicAuthExtension]],
  'headerssetterextension.Config': [[headersSetterExtension]],
  'headerssetterextension.HeaderConfig': [[headersSetterExtension, 'headers', 0]],
  'filestorage.Config': [[fileStorageExtension]],
  'filestorage.CompactionConfig': [[fileStorageExtension, 'compaction']],
  'loadbalancingexporter.Config': [[loadBalancingExporter]],
  'loadbalancingexporter.Protocol': [[loadBalancingExporter, 'protocol']],
  'loadbalancingexporter.ResolverSettings': [[loadBalancingExporter, 'resolver']],
  'loadbalancingexporter.StaticResolver': [[loadBalancingExporter, 'resolver', 'static']],
  'loadbalancingexporter.DNSResolver': [[loadBalancingExporter, 'resolver', 'dns']],
  'loadbalancingexporter.K8sSvcResolver': [[loadBalancingExporter, 'resolver', 'k8s']],
  'fileexporter.Config': [[fileExporter]],
  'fileexporter.Rotation': [[fileExporter, 'rotation']],
  'fileexporter.GroupBy': [[fileExporter, 'group_by']],
};

const STRUCTS = readFileSync(join(__dirname, 'oracle', 'struct_keys.jsonl'), 'utf8').trim()
  .split('\n').map((line) => JSON.parse(line) as Struct)
  .map((struct) => ({ ...struct, name: `${struct.module.split('/').at(-1)}.${struct.struct}` }));

/** A configuration that holds nothing but this key. */
function yamlOf(at: readonly (string | number)[], key: string): unknown {
  return [...at, key].reduceRight<unknown>(
    (held, name) => typeof name === 'number' ? [held] : { [name]: held }, 'some value');
}

/** What is said of a key. */
function saidOf([part, ...at]: Place, key: string): string[] {
  const where = pathText([...at, key]);
  return part.read(yamlOf(at, key), []).problems
    .filter(({ path }) => path === where).map(({ message }) => message);
}

const UNKNOWN = /is not a setting here/;

test.each(STRUCTS)('every key of $name $version is known', ({ name, keys }) => {
  const places = PLACES[name] ?? [];
  expect(places.length).toBeGreaterThan(0);
  const unknown = places.flatMap((place) => keys
    .filter((key) => saidOf(place, key).some((message) => UNKNOWN.test(message)))
    .map((key) => pathText([...place.slice(1) as string[], key])));
  expect(unknown).toEqual([]);
});

test('a key that upstream has not is unknown wherever a struct is', () => {
  for (const [name, places] of Object.entries(PLACES)) {
    for (const place of places) {
      expect([name, saidOf(place, 'no_such_key')])
        .toEqual([name, [expect.stringMatching(UNKNOWN)]]);
    }
  }
});

/** Keys that have a meaning, and are implemented nowhere or not there, with the reason. */
const REFUSED: readonly (readonly [keys: string, why: string])[] = [
  ['configgrpc.ClientConfig.middlewares configgrpc.ServerConfig.middlewares'
    + ' confighttp.ClientConfig.middlewares confighttp.ServerConfig.middlewares',
  'extensions in the path of every request: there is none here'],
  ['configtls.Config.tpm', 'Node.js reads no keys from a TPM'],
  ['confignet.AddrConfig.transport confignet.AddrConfig.dialer',
    'of health_check alone: probes come over TCP'],
  ['otlphttpexporter.Config.profiles_endpoint', 'there are no pipelines of profiles'],
  ['bearertokenauthextension.Config.retry_on_failure'
    + ' bearertokenauthextension.Config.wait_for_token_file', 'the file must be there'],
  ['headerssetterextension.HeaderConfig.from_attribute', 'authenticators give no attributes'],
  ['fileexporter.Config.encoding', 'encoding extensions: there is none here'],
];

test('these keys alone are refused by their names', () => {
  const refused = STRUCTS.flatMap(({ name, keys }) => keys
    .filter((key) => PLACES[name].some((place) =>
      saidOf(place, key).some((message) => message.startsWith('is a key of'))))
    .map((key) => `${name}.${key}`));
  expect([...refused].sort()).toEqual(REFUSED.flatMap(([keys]) => keys.split(' ')).sort());
});
