/**
 * Examples of each contract: the least that it reads, and as much as it writes.
 */
import { Duration } from 'cdk8s';
import { FULL_TAIL_SAMPLING } from './tail-sampling-examples';
import { FULL_TELEMETRY, SPARSE_TELEMETRY } from './telemetry-examples';
import {
  basicAuthExtension, batchProcessor, bearerTokenAuthExtension, debugExporter, fileExporter,
  headersSetterExtension, healthCheckExtension, loadBalancingExporter, memoryLimiterProcessor,
  nopExporter, probabilisticSamplerProcessor,
  oauth2ClientExtension, otlpGrpcExporter, otlpHttpExporter, otlpReceiver, tailSamplingProcessor,
  telemetry, tracePeersExtension, type Part,
} from '../../src/config';
import type * as structs from '../../src/config/structs';

const tls = { cert_file: 'c', key_file: 'k' };
const simple = [
  'always_sample', 'latency', 'probabilistic', 'span_count', 'trace_flags',
].map((type) => ({ name: type, type }));

/** Structs, their contracts, and YAML that holds every section but no key that has a default. */
export const SPARSE: readonly (readonly [string, Part, Record<string, unknown>])[] = [
  ['OtlpReceiverConfig', otlpReceiver, { protocols: { grpc: null, http: null } }],
  ['OtlpReceiverConfig', otlpReceiver, { protocols: { grpc: { tls }, http: { tls } } }],
  ['OtlpReceiverConfig', otlpReceiver, {
    protocols: { http: { cors: {}, auth: { authenticator: 'a' } } },
  }],
  ['OtlpReceiverConfig', otlpReceiver, {
    protocols: { grpc: { tls: { cert_pem: 'c', key_pem: 'k' } } },
  }],
  ['BatchProcessorConfig', batchProcessor, {}],
  ['MemoryLimiterProcessorConfig', memoryLimiterProcessor, {
    check_interval: '1s', limit_percentage: 50,
  }],
  ['MemoryLimiterProcessorConfig', memoryLimiterProcessor, { check_interval: '1s', limit_mib: 50 }],
  ['TailSamplingProcessorConfig', tailSamplingProcessor, {
    decision_cache: {},
    stress_relief: {},
    journal: { directory: '/j' },
    policies: [
      ...simple,
      { name: 's', type: 'status_code', status_code: { status_codes: ['OK'] } },
      { name: 't', type: 'string_attribute', string_attribute: { key: 'k', values: ['v'] } },
      { name: 'n', type: 'numeric_attribute', numeric_attribute: { key: 'k', min_value: 1 } },
      { name: 'm', type: 'numeric_attribute', numeric_attribute: { key: 'k', max_value: 1 } },
      { name: 'b', type: 'boolean_attribute', boolean_attribute: { key: 'k' } },
      { name: 'r', type: 'rate_limiting', rate_limiting: { spans_per_second: 1 } },
      { name: 'a', type: 'and', and: { and_sub_policy: [{ type: 'always_sample' }] } },
      { name: 'd', type: 'drop', drop: { drop_sub_policy: [{ type: 'always_sample' }] } },
      { name: 'o', type: 'not', not: { not_sub_policy: { type: 'always_sample' } } },
      { name: 'y', type: 'bytes_limiting', bytes_limiting: { bytes_per_second: 1 } },
      { name: 'e', type: 'trace_state', trace_state: { key: 'k', values: ['v'] } },
      {
        name: 'c',
        type: 'composite',
        composite: {
          max_total_spans_per_second: 1,
          composite_sub_policy: [{ type: 'always_sample' }],
          rate_allocation: [{ policy: 'x' }],
        },
      },
      {
        name: 'f',
        type: 'composite',
        composite: {
          max_total_spans_per_second: 1, composite_sub_policy: [{ type: 'always_sample' }],
        },
      },
    ],
  }],
  ['ProbabilisticSamplerProcessorConfig', probabilisticSamplerProcessor, {}],
  ['OtlpGrpcExporterConfig', otlpGrpcExporter, { endpoint: 'h:4317', tls: {}, keepalive: {} }],
  ['OtlpHttpExporterConfig', otlpHttpExporter, {
    endpoint: 'http://h:4318', compression_params: {},
  }],
  ['OtlpHttpExporterConfig', otlpHttpExporter, { traces_endpoint: 'http://h:4318' }],
  ['LoadBalancingExporterConfig', loadBalancingExporter, {
    resolver: { static: { hostnames: ['a'] } }, sending_queue: null,
  }],
  ['OtlpHttpExporterConfig', otlpHttpExporter, { endpoint: 'http://h', cookies: {} }],
  ['LoadBalancingExporterConfig', loadBalancingExporter, { resolver: { dns: { hostname: 'a' } } }],
  ['LoadBalancingExporterConfig', loadBalancingExporter, { resolver: { k8s: { service: 'a' } } }],
  ['LoadBalancingExporterConfig', loadBalancingExporter, {
    resolver: { aws_cloud_map: { namespace: 'a', service_name: 'b' } },
  }],
  ['DebugExporterConfig', debugExporter, {}],
  ['FileExporterConfig', fileExporter, { path: 'a', rotation: {} }],
  ['FileExporterConfig', fileExporter, { path: 'a' }],
  ['NopExporterConfig', nopExporter, {}],
  ['HealthCheckExtensionConfig', healthCheckExtension, { response_body: {} }],
  ['BearerTokenAuthExtensionConfig', bearerTokenAuthExtension, { token: 'a' }],
  ['BasicAuthExtensionConfig', basicAuthExtension, { htpasswd: { inline: 'a:b' } }],
  ['BasicAuthExtensionConfig', basicAuthExtension, { htpasswd: { file: '/a' } }],
  ['BasicAuthExtensionConfig', basicAuthExtension, { client_auth: {} }],
  ['HeadersSetterExtensionConfig', headersSetterExtension, { headers: [{ key: 'a', value: 'b' }] }],
  ['OAuth2ClientExtensionConfig', oauth2ClientExtension, {
    token_url: 'https://h/token', client_id: 'a', client_secret: 'b',
  }],
  ['OAuth2ClientExtensionConfig', oauth2ClientExtension, {
    token_url: 'https://h/token', client_id_file: '/a', client_secret_file: '/b',
  }],
  ['OAuth2ClientExtensionConfig', oauth2ClientExtension, {
    token_url: 'https://h/token',
    client_id: 'a',
    grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer',
    client_certificate_key_file: '/k',
  }],
  ['TracePeersExtensionConfig', tracePeersExtension, {
    resolver: { k8s: { service: 'a' } },
    tls: { ca_file: 'a', cert_file: 'c', key_file: 'k' },
  }],
  ['TracePeersExtensionConfig', tracePeersExtension, {
    resolver: { dns: { hostname: 'a' } },
  }],
  ['TracePeersExtensionConfig', tracePeersExtension, {
    resolver: { static: { hostnames: ['a'] } },
  }],
  ...SPARSE_TELEMETRY,
];

const seconds = (n: number) => Duration.seconds(n);

const connection: structs.OtlpGrpcDeliveryConfig = {
  compression: 'none',
  headers: { 'X-My_Key': 'v' },
  balancerName: 'pick_first',
  waitForReady: true,
  authority: 's',
  userAgent: 'u',
  keepalive: { time: seconds(10), timeout: seconds(2), permitWithoutStream: true },
  readBufferSize: 1,
  writeBufferSize: 2,
  timeout: seconds(90),
  tls: {
    insecure: true,
    insecureSkipVerify: true,
    serverNameOverride: 's',
    caFile: 'ca',
    certFile: 'c',
    keyFile: 'k',
    minVersion: '1.2',
    maxVersion: '1.3',
    cipherSuites: ['TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256'],
    includeSystemCaCertsPool: true,
    includeInsecureCipherSuites: true,
    curvePreferences: ['P256', 'X25519'],
    reloadInterval: Duration.hours(1),
  },
  auth: { authenticator: 'oauth2client' },
  sendingQueue: {
    enabled: true,
    numConsumers: 2,
    queueSize: 3,
    sizer: 'items',
    blockOnOverflow: true,
    waitForResult: true,
  },
  retryOnFailure: {
    enabled: true,
    initialInterval: seconds(1),
    maxInterval: seconds(2),
    maxElapsedTime: Duration.minutes(90),
    multiplier: 2,
    randomizationFactor: 0.25,
  },
};

/** A struct for each contract in which as much as possible is given. */
export const GIVEN: readonly (readonly [name: string, part: Part<never>, given: object])[] = [
  ['otlp', otlpReceiver, {
    protocols: {
      grpc: {
        endpoint: '0.0.0.0:1',
        maxRecvMsgSizeMib: 5,
        maxConcurrentStreams: 6,
        keepalive: {
          serverParameters: {
            maxConnectionIdle: seconds(60),
            maxConnectionAge: Duration.minutes(5),
            maxConnectionAgeGrace: seconds(10),
            time: seconds(30),
            timeout: seconds(5),
          },
          enforcementPolicy: { minTime: seconds(10), permitWithoutStream: true },
        },
        transport: 'tcp4',
        dialer: { timeout: seconds(1) },
        readBufferSize: 1,
        writeBufferSize: 2,
        includeMetadata: true,
        tls: {
          certFile: 'c',
          keyFile: 'k',
          clientCaFile: 'ca',
          clientCaFileReload: true,
          caFile: 'x',
          minVersion: '1.3',
          maxVersion: '1.3',
          reloadInterval: seconds(30),
        },
        auth: { authenticator: 'bearertokenauth' },
      },
      http: {
        endpoint: '/run/otel.sock',
        maxRequestBodySize: 7,
        compressionAlgorithms: ['gzip', 'zstd'],
        tls: { certPem: 'c', keyPem: 'k', caPem: 'x' },
        auth: { authenticator: 'basicauth/in', requestParams: ['key'] },
        transport: 'unix',
        dialer: { timeout: seconds(1) },
        includeMetadata: true,
        cors: {
          allowedOrigins: ['https://*.a'],
          allowedHeaders: ['b'],
          exposedHeaders: ['c'],
          maxAge: -1,
        },
        responseHeaders: { 'X-A': 'b' },
        readTimeout: seconds(1),
        readHeaderTimeout: seconds(2),
        writeTimeout: seconds(3),
        keepalive: { enabled: false, idleTimeout: seconds(4) },
        tracesUrlPath: '/t',
        metricsUrlPath: '/m',
        logsUrlPath: '/l',
      },
    },
  } satisfies structs.OtlpReceiverConfig],
  ['batch', batchProcessor, {
    timeout: Duration.millis(1500),
    sendBatchSize: 1,
    sendBatchMaxSize: 2,
    metadataKeys: ['a'],
    metadataCardinalityLimit: 3,
  } satisfies structs.BatchProcessorConfig],
  ['memory_limiter', memoryLimiterProcessor, {
    checkInterval: seconds(1),
    limitMib: 100,
    spikeLimitMib: 20,
    limitPercentage: 80,
    spikeLimitPercentage: 20,
    minGcIntervalWhenSoftLimited: seconds(4),
    minGcIntervalWhenHardLimited: seconds(2),
    maxGcIntervalWhenSoftLimited: seconds(5),
    maxGcIntervalWhenHardLimited: seconds(3),
  } satisfies structs.MemoryLimiterProcessorConfig],
  ['tail_sampling', tailSamplingProcessor, FULL_TAIL_SAMPLING],
  ['probabilistic_sampler', probabilisticSamplerProcessor, {
    samplingPercentage: 12.5,
    hashSeed: 22,
    mode: 'proportional',
    failClosed: false,
    samplingPrecision: 8,
    attributeSource: 'record',
    fromAttribute: 'a',
    samplingPriority: 'b',
  } satisfies structs.ProbabilisticSamplerProcessorConfig],
  ['otlp_grpc', otlpGrpcExporter, {
    ...connection, endpoint: 'h:4317',
  } satisfies structs.OtlpGrpcExporterConfig],
  ['otlp_http', otlpHttpExporter, {
    endpoint: 'http://h',
    tracesEndpoint: 'http://t',
    metricsEndpoint: 'http://m',
    logsEndpoint: 'http://l',
    encoding: 'json',
    compression: 'zstd',
    compressionParams: { level: 3 },
    headers: { a_B: 'c' },
    timeout: seconds(3),
    proxyUrl: 'http://p:3128',
    maxConnsPerHost: 4,
    keepalive: {
      enabled: false, idleConnTimeout: seconds(5), maxIdleConns: 6, maxIdleConnsPerHost: 7,
    },
    cookies: { enabled: true },
    readBufferSize: 1,
    writeBufferSize: 2,
    http2ReadIdleTimeout: seconds(8),
    http2PingTimeout: seconds(9),
    forceAttemptHttp2: false,
    tls: connection.tls,
    sendingQueue: connection.sendingQueue,
    retryOnFailure: connection.retryOnFailure,
  } satisfies structs.OtlpHttpExporterConfig],
  ['load_balancing', loadBalancingExporter, {
    routingKey: 'traceID',
    protocol: { otlp: connection },
    timeout: seconds(1),
    resolver: {
      k8s: { service: 'a.b', ports: [1, 2], timeout: seconds(4), returnHostnames: true },
    },
    retryOnFailure: connection.retryOnFailure,
    sendingQueue: connection.sendingQueue,
  } satisfies structs.LoadBalancingExporterConfig],
  ['debug', debugExporter, {
    verbosity: 'detailed', samplingInitial: 5, samplingThereafter: 6,
  } satisfies structs.DebugExporterConfig],
  ['file', fileExporter, {
    path: 'a*b',
    format: 'proto',
    compression: 'zstd',
    compressionParams: { level: 3 },
    rotation: { maxMegabytes: 1, maxDays: 2, maxBackups: 3, localtime: true },
    flushInterval: seconds(2),
    createDirectory: true,
    directoryPermissions: '0700',
    groupBy: { enabled: true, resourceAttribute: 'a', maxOpenFiles: 2 },
  } satisfies structs.FileExporterConfig],
  ['nop', nopExporter, {} satisfies structs.NopExporterConfig],
  ['health_check', healthCheckExtension, {
    endpoint: '0.0.0.0:1', path: '/health', responseBody: { healthy: 'y', unhealthy: 'n' },
  } satisfies structs.HealthCheckExtensionConfig],
  ['telemetry', telemetry, FULL_TELEMETRY],
  ['bearertokenauth', bearerTokenAuthExtension, {
    header: 'X-Token', scheme: '', tokens: ['a', 'b'], filename: '/a', token: '',
  } satisfies structs.BearerTokenAuthExtensionConfig],
  ['basicauth of a server', basicAuthExtension, {
    htpasswd: { file: '/a', inline: 'b:c' },
  } satisfies structs.BasicAuthExtensionConfig],
  ['basicauth of a client', basicAuthExtension, {
    clientAuth: { username: 'a', usernameFile: '/b', password: 'c', passwordFile: '/d' },
  } satisfies structs.BasicAuthExtensionConfig],
  ['headers_setter', headersSetterExtension, {
    headers: [
      { key: 'a', action: 'insert', value: 'b' }, { key: 'c', action: 'update', valueFile: '/d' },
      { key: 'e', action: 'delete' },
    ],
    additionalAuth: 'basicauth',
  } satisfies structs.HeadersSetterExtensionConfig],
  ['oauth2client', oauth2ClientExtension, {
    tokenUrl: 'https://h/token',
    clientId: 'a',
    clientIdFile: '/a',
    clientSecret: 'b',
    clientSecretFile: '/b',
    grantType: 'client_credentials',
    clientCertificateKey: 'k',
    clientCertificateKeyFile: '/k',
    clientCertificateKeyId: 'i',
    signatureAlgorithm: 'RS512',
    iss: 'me',
    audience: 'you',
    claims: { role: ['a', 1], deep: { Key_Case: true } },
    scopes: ['c'],
    endpointParams: { audience: 'd' },
    tls: { caFile: '/e' },
    timeout: seconds(2),
    expiryBuffer: seconds(30),
  } satisfies structs.OAuth2ClientExtensionConfig],
  ['trace_peers', tracePeersExtension, {
    address: '10.1.2.3',
    endpoint: '10.1.2.3:4320',
    resolver: { dns: { hostname: 'a', port: '4317', interval: seconds(1), timeout: seconds(2) } },
    allPodsHostname: 'b',
    resolverDelay: seconds(3),
    tls: {
      caFile: '/ca',
      certFile: '/c',
      keyFile: '/k',
      serverNameOverride: 'sampler',
      minVersion: '1.2',
      reloadInterval: seconds(4),
    },
    compression: 'gzip',
    maxRecvMsgSizeMib: 5,
    maxQueuedMib: 6,
    leaveTimeout: seconds(7),
  } satisfies structs.TracePeersExtensionConfig],
];
