package main

import (
	"crypto/tls"
	"log"
	"net"
	"sync/atomic"
	"time"
)

type sinkOptions struct {
	protocol    string
	certificate string
	key         string
	ports       int
	arrived     shared
}

type sink struct {
	ports                  []int
	arrived                shared
	spans, requests, bytes atomic.Int64
	arrivals               latencies
}

func startSink(o sinkOptions) *sink {
	s := &sink{arrived: o.arrived}
	var certificate *tls.Certificate
	if o.certificate != "" {
		pair, err := tls.LoadX509KeyPair(o.certificate, o.key)
		if err != nil {
			log.Fatal(err)
		}
		certificate = &pair
	}
	serve := serveGrpc
	if o.protocol == "http" {
		serve = serveHttp
	}
	for range o.ports {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			log.Fatal(err)
		}
		s.ports = append(s.ports, listener.Addr().(*net.TCPAddr).Port)
		go func() { log.Fatal(serve(listener, certificate, s.take)) }()
	}
	return s
}

func (s *sink) take(message []byte) {
	now := time.Now()
	spans := int64(0)
	walk(message, func(at int, isFirst bool) {
		spans++
		if !isFirst {
			return
		}
		if due, isMarked := markedTime(message[at : at+idBytes]); isMarked {
			s.arrivals.add(now.Sub(due), 1)
		}
	})
	s.spans.Add(spans)
	s.arrived.add(spans)
	s.requests.Add(1)
	s.bytes.Add(int64(len(message)))
}

func (s *sink) report() any {
	return map[string]any{
		"spans": s.spans.Load(), "requests": s.requests.Load(), "bytes": s.bytes.Load(),
		"p50": s.arrivals.quantileMs(0.5), "p99": s.arrivals.quantileMs(0.99),
	}
}
