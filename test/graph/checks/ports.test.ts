import { exportTo } from './props';
import { CollectorImage, GatewayDeployment, Receiver } from '../../../src';
import { complaints } from '../../synthesized';

function gateway(props: object) {
  return complaints((chart) => {
    new GatewayDeployment(chart, 'gateway', { exportTo, ...props });
  });
}

function zipkin(...ports: readonly { name: string; port: number; protocol?: string }[]) {
  const listening = { endpoint: '[${env:POD_IP}]:9411', udp: { endpoint: '[${env:POD_IP}]:4317' } };
  return {
    image: CollectorImage.contrib('0.159.0'),
    receive: [Receiver.fromYaml('zipkin', listening, {
      ports: [...ports], signals: ['traces' as never],
    })],
  };
}

test.each([
  ['no port', { grpcPort: 431_700 },
    'grpcPort: must be a whole number from 1024 to 65535 (the pods are not root), got 431700.'
    + ' → leave `grpcPort` out to listen where everybody expects it.'],
  ['one of the pod\'s own', { httpPort: 8888 },
    'httpPort: must differ from the other ports of the pod (grpc 4317, http 8888, metrics 8888,'
    + ' health 13133), got 8888. → choose another.'],
  ['the same twice', { grpcPort: 5000, httpPort: 5000 },
    'httpPort: must differ from the other ports of the pod (grpc 5000, http 5000, metrics 8888,'
    + ' health 13133), got 5000. → choose another.'],
  ['another receiver\'s', zipkin({ name: 'zipkin', port: 4318 }),
    'ports (zipkin): must differ from the other ports of the pod (grpc 4317, http 4318, metrics'
    + ' 8888, health 13133, zipkin 4318), got 4318. → choose another.'],
  ['one with a name that is taken', zipkin({ name: 'metrics', port: 9411 }),
    'ports (9411): must have a name of its own, at most 15 lower-case letters, digits and -, got'
    + ' "metrics". → give the port another `name`.'],
])('%s is told', (_, props, sentence) => {
  expect(gateway(props)).toEqual([`[telemetry/gateway] ${sentence}`]);
});

test.each([
  ['other numbers', { grpcPort: 5000, httpPort: 5001 }],
  ['a port of its own', zipkin({ name: 'zipkin', port: 9411 })],
  ['a number of TCP for UDP', zipkin(
    { name: 'zipkin', port: 9411 }, { name: 'zipkin-udp', port: 4317, protocol: 'UDP' })],
])('%s may be had', (_, props) => {
  expect(gateway(props)).toEqual([]);
});
