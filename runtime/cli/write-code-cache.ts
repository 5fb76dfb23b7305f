/**
 * Writes what `start.ts` reads: `node write-code-cache.js COLLECTOR.js` checks a configuration of
 * the usual components, and keeps what V8 compiled for that. Called once, by the Node.js that will
 * run the bundle.
 */
import { resolve } from 'path';
import { CompiledProgram } from './compiled-program';

const CONFIG = `
receivers: { otlp: { protocols: { grpc: , http: } } }
processors:
  memory_limiter: { check_interval: 1s, limit_percentage: 80 }
  batch:
  tail_sampling:
    policies: [{ name: half, type: probabilistic, probabilistic: { sampling_percentage: 50 } }]
exporters:
  otlp_grpc: { endpoint: backend:4317 }
  load_balancing:
    protocol: { otlp: { tls: { insecure: true } } }
    resolver: { dns: { hostname: backend } }
extensions: { health_check: , file_storage: { directory: /var/lib/otelgw } }
service:
  extensions: [health_check, file_storage]
  pipelines:
    traces: { receivers: [otlp], processors: [tail_sampling, batch], exporters: [otlp_grpc] }
    traces/spread:
      { receivers: [otlp], processors: [memory_limiter, batch], exporters: [load_balancing] }
`;

const [program] = process.argv.splice(2);
const compiled = new CompiledProgram(resolve(program));
process.argv.push('validate', '--config', `yaml:${CONFIG}`);
process.once('exit', (code) => {
  if (code === 0) compiled.writeCache();
});
compiled.run();
