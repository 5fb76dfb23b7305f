/** How pods listen to and call each other, in the words of all servers and clients. */
import type {
  GrpcClientSettings, GrpcServerSettings, TlsClientSettings, TlsServerSettings, TracePeersSettings,
} from '../../config';

type PeersTls = NonNullable<TracePeersSettings['tls']>;

/** A server at `endpoint`. */
export function serverSettings(
  { maxRecvMsgSizeMib, tls }: TracePeersSettings, endpoint: string,
): GrpcServerSettings {
  return {
    endpoint,
    transport: 'tcp',
    dialer: { timeout: 0 },
    maxRecvMsgSizeMib,
    maxConcurrentStreams: 0,
    readBufferSize: 0,
    writeBufferSize: 0,
    keepalive: {
      serverParameters: {
        maxConnectionIdle: 0, maxConnectionAge: 0, maxConnectionAgeGrace: 0, time: 0, timeout: 0,
      },
      enforcementPolicy: { minTime: 0, permitWithoutStream: false },
    },
    includeMetadata: false,
    tls: tls && tlsOfServer(tls),
  };
}

/** A client of the pod at `endpoint`. */
export function clientSettings(
  { compression, tls }: TracePeersSettings, endpoint: string,
): GrpcClientSettings {
  return {
    endpoint,
    compression,
    headers: {},
    balancerName: 'pick_first',
    waitForReady: false,
    authority: '',
    userAgent: '',
    readBufferSize: 0,
    writeBufferSize: 0,
    tls: tlsOfClient(tls),
  };
}

/** Whoever calls has to show a certificate of the same authorities. */
function tlsOfServer(tls: PeersTls): TlsServerSettings {
  return {
    ...usual,
    certFile: tls.certFile,
    keyFile: tls.keyFile,
    minVersion: tls.minVersion,
    reloadInterval: tls.reloadInterval,
    clientCaFile: tls.caFile,
    clientCaFileReload: tls.reloadInterval > 0,
  };
}

function tlsOfClient(tls: PeersTls | undefined): TlsClientSettings {
  const all = { ...usual, insecure: false, insecureSkipVerify: false, serverNameOverride: '' };
  if (tls === undefined) return { ...all, insecure: true };
  const { caFile, certFile, keyFile, minVersion, reloadInterval, serverNameOverride } = tls;
  return { ...all, caFile, certFile, keyFile, minVersion, reloadInterval, serverNameOverride };
}

const usual = {
  caFile: '',
  caPem: '',
  certFile: '',
  certPem: '',
  keyFile: '',
  keyPem: '',
  minVersion: '1.2' as const,
  maxVersion: '' as const,
  cipherSuites: [],
  includeInsecureCipherSuites: false,
  curvePreferences: [],
  includeSystemCaCertsPool: false,
  reloadInterval: 0,
};
