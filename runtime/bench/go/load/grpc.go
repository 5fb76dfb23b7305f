package main

import (
	"bytes"
	"context"
	"crypto/tls"
	"io"
	"net"
	"sync"

	"github.com/klauspost/compress/gzip"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/encoding"
	"google.golang.org/grpc/mem"
)

const (
	exportMethod = "/opentelemetry.proto.collector.trace.v1.TraceService/Export"
	window       = 32 << 20
	bufferBytes  = 512 << 10
	mostBytes    = 256 << 20
)

// rawCodec passes messages as the bytes they are.
type rawCodec struct{}

type rawMessage struct {
	bytes []byte
	free  func()
}

func (rawCodec) Name() string { return "proto" }

func (rawCodec) Marshal(message any) (mem.BufferSlice, error) {
	return mem.BufferSlice{mem.SliceBuffer(message.(*rawMessage).bytes)}, nil
}

func (rawCodec) Unmarshal(data mem.BufferSlice, message any) error {
	whole := data.MaterializeToBuffer(mem.DefaultBufferPool())
	*message.(*rawMessage) = rawMessage{whole.ReadOnlyData(), whole.Free}
	return nil
}

// packed is gzip for the side that reads; what is sent was compressed before it got here.
type packed struct{ readers sync.Pool }

func (*packed) Name() string { return "gzip" }

func (*packed) Compress(to io.Writer) (io.WriteCloser, error) { return unclosed{to}, nil }

func (p *packed) Decompress(from io.Reader) (io.Reader, error) {
	return gzip.NewReader(from)
}

type unclosed struct{ io.Writer }

func (unclosed) Close() error { return nil }

func init() { encoding.RegisterCompressor(&packed{}) }

func gzipped(message []byte) []byte {
	var to bytes.Buffer
	// The level that OpenTelemetry's exporters have unless they are told another.
	writer, _ := gzip.NewWriterLevel(&to, gzip.DefaultCompression)
	_, _ = writer.Write(message)
	_ = writer.Close()
	return to.Bytes()
}

type grpcClient struct {
	connection *grpc.ClientConn
	options    []grpc.CallOption
}

func newGrpcClient(address string, secure, gzip bool) (client, error) {
	transport := insecure.NewCredentials()
	if secure {
		// Whose certificate it is does not matter here; what TLS costs is the same.
		transport = credentials.NewTLS(&tls.Config{InsecureSkipVerify: true})
	}
	connection, err := grpc.NewClient("passthrough:///"+address,
		grpc.WithTransportCredentials(transport),
		grpc.WithWriteBufferSize(bufferBytes),
		grpc.WithSharedWriteBuffer(true),
	)
	if err != nil {
		return nil, err
	}
	options := []grpc.CallOption{
		grpc.ForceCodecV2(rawCodec{}), grpc.MaxCallSendMsgSize(mostBytes),
	}
	if gzip {
		options = append(options, grpc.UseCompressor("gzip"))
	}
	return &grpcClient{connection, options}, nil
}

func (c *grpcClient) send(message []byte) error {
	var answer rawMessage
	err := c.connection.Invoke(context.Background(), exportMethod, &rawMessage{bytes: message}, &answer, c.options...)
	if answer.free != nil {
		answer.free()
	}
	return err
}

func serveGrpc(listener net.Listener, certificate *tls.Certificate, take func([]byte)) error {
	options := []grpc.ServerOption{
		grpc.ForceServerCodecV2(rawCodec{}),
		grpc.MaxRecvMsgSize(mostBytes),
		grpc.InitialWindowSize(window),
		grpc.InitialConnWindowSize(window),
		grpc.ReadBufferSize(bufferBytes),
		grpc.UnknownServiceHandler(func(_ any, stream grpc.ServerStream) error {
			var message rawMessage
			if err := stream.RecvMsg(&message); err != nil {
				return err
			}
			take(message.bytes)
			message.free()
			return stream.SendMsg(&rawMessage{})
		}),
	}
	if certificate != nil {
		options = append(options, grpc.Creds(credentials.NewServerTLSFromCert(certificate)))
	}
	return grpc.NewServer(options...).Serve(listener)
}
