/**
 * The configuration of an NGINX in front of a gateway: gRPC request by request, HTTP the same. Its
 * image replaces `${NAME}` when it starts; what is written `$name` is NGINX's own.
 */

/** Where the image finds what it replaces variables in, and where it writes the result. */
export const NGINX_FILES = {
  template: 'nginx.conf.template',
  templates: '/etc/nginx/templates',
  output: '/tmp/nginx.conf',
  certificate: '/etc/nginx/tls',
};

/** Names of the variables that are replaced. */
export const NGINX_VARIABLES = ['NGINX_LOCAL_RESOLVERS', 'POD_NAMESPACE'];

/** Port that answers probes. */
export const NGINX_HEALTH_PORT = 8080;

/** What NGINX is told. */
export interface NginxConfig {
  /** Name that has one address per pod of the gateway. */
  readonly host: string;
  /** Port of the gateway and of NGINX for OTLP over gRPC; absent when it is not taken in. */
  readonly grpc?: number;
  /** Port of the gateway and of NGINX for OTLP over HTTP; absent when it is not taken in. */
  readonly http?: number;
  /** The name that senders use. */
  readonly hostname?: string;
  /** Whether senders speak TLS. */
  readonly isEncrypted: boolean;
}

/** The text of the configuration. */
export function nginxConfig(config: NginxConfig): string {
  return `worker_processes 2;
pid /tmp/nginx.pid;
error_log stderr warn;
# Connections of senders stay open for ever; when a pod goes they are not waited for.
worker_shutdown_timeout 20s;

events {
  worker_connections 4096;
}

http {
  access_log off;
  server_tokens off;
  client_body_temp_path /tmp/client_body;
  proxy_temp_path /tmp/proxy;
  fastcgi_temp_path /tmp/fastcgi;
  uwsgi_temp_path /tmp/uwsgi;
  scgi_temp_path /tmp/scgi;

  # Pods of the gateway come and go: their addresses are asked for again and again.
  resolver \${NGINX_LOCAL_RESOLVERS} valid=10s;
  resolver_timeout 5s;

  # Senders connect anew now and then, so that they meet new pods of NGINX.
  keepalive_time 5m;
  keepalive_requests 100000;
${config.isEncrypted ? CERTIFICATES : ''}
${upstreams(config)}
${config.grpc === undefined ? '' : grpcServer(config)}${
  config.http === undefined ? '' : httpServer(config)}
  server {
    listen ${NGINX_HEALTH_PORT};
    location = /healthz {
      return 200;
    }
  }
}
`;
}

/** Named by variables, certificates are read again when they are renewed. */
const CERTIFICATES = `
  map $ssl_server_name $certificate_folder {
    default ${NGINX_FILES.certificate};
  }
  ssl_certificate $certificate_folder/tls.crt;
  ssl_certificate_key $certificate_folder/tls.key;
  ssl_certificate_cache max=4 valid=1m;
  ssl_protocols TLSv1.2 TLSv1.3;
`;

const NEXT = 'error timeout invalid_header http_500';

function upstreams({ host, grpc, http }: NginxConfig): string {
  const upstream = (name: string, port: number | undefined) => port === undefined ? '' : `
  upstream ${name} {
    zone ${name} 256k;
    least_conn;
    server ${host}:${port} resolve;
    keepalive 64;
  }
`;
  return upstream('otlp_grpc', grpc) + upstream('otlp_http', http);
}

function listen(port: number | undefined, { hostname = '_', isEncrypted }: NginxConfig): string {
  return `    listen ${port}${isEncrypted ? ' ssl' : ''};
    http2 on;
    server_name ${hostname};`;
}

function grpcServer(config: NginxConfig): string {
  return `
  server {
${listen(config.grpc, config)}
    # The gateway refuses what is too large in a way that senders understand.
    client_max_body_size 0;

    location / {
      grpc_pass grpc://otlp_grpc;
      grpc_next_upstream ${NEXT};
      grpc_connect_timeout 2s;
      grpc_socket_keepalive on;
      grpc_set_header Host $host;
      grpc_set_header X-Real-IP $remote_addr;
      grpc_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
    }
  }
`;
}

function httpServer(config: NginxConfig): string {
  return `
  server {
${listen(config.http, config)}
    client_max_body_size 64m;
    client_body_buffer_size 256k;

    location / {
      proxy_pass http://otlp_http;
      proxy_redirect off;
      proxy_http_version 1.1;
      proxy_next_upstream ${NEXT};
      proxy_connect_timeout 2s;
      proxy_socket_keepalive on;
      proxy_set_header Connection "";
      proxy_set_header Host $host;
      proxy_set_header X-Real-IP $remote_addr;
      proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
    }
  }
`;
}
