/** A protocol by which OTLP is taken in. */
export enum Protocol {
  /** OTLP over gRPC. */
  GRPC = 'grpc',
  /** OTLP over HTTP, as protobuf and as JSON. */
  HTTP = 'http',
}
