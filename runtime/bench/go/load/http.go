package main

import (
	"bytes"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"

	"github.com/klauspost/compress/gzip"
)

const exportPath = "/v1/traces"

type httpClient struct {
	url    string
	header http.Header
	client http.Client
}

// newHttpClient has one connection, as HTTP/1.1 carries one request at a time.
func newHttpClient(address string, secure, gzip bool) (client, error) {
	scheme := "http"
	if secure {
		scheme = "https"
	}
	c := &httpClient{
		url:    fmt.Sprintf("%s://%s%s", scheme, address, exportPath),
		header: http.Header{"Content-Type": {"application/x-protobuf"}},
		client: http.Client{Transport: &http.Transport{
			MaxConnsPerHost: 1, WriteBufferSize: bufferBytes,
			TLSClientConfig: &tls.Config{InsecureSkipVerify: true},
		}},
	}
	if gzip {
		c.header.Set("Content-Encoding", "gzip")
	}
	return c, nil
}

func (c *httpClient) send(message []byte) error {
	request, err := http.NewRequest(http.MethodPost, c.url, bytes.NewReader(message))
	if err != nil {
		return err
	}
	request.Header = c.header
	answer, err := c.client.Do(request)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if _, err = io.Copy(io.Discard, answer.Body); err == nil && answer.StatusCode != http.StatusOK {
		err = fmt.Errorf("status %d", answer.StatusCode)
	}
	return err
}

func serveHttp(listener net.Listener, certificate *tls.Certificate, take func([]byte)) error {
	pool := sync.Pool{New: func() any { return new(bytes.Buffer) }}
	server := &http.Server{Handler: http.HandlerFunc(func(to http.ResponseWriter, request *http.Request) {
		buffer := pool.Get().(*bytes.Buffer)
		buffer.Reset()
		if err := readBody(buffer, request); err != nil {
			http.Error(to, err.Error(), http.StatusBadRequest)
			return
		}
		take(buffer.Bytes())
		pool.Put(buffer)
		to.Header().Set("Content-Type", "application/x-protobuf")
		to.WriteHeader(http.StatusOK)
	})}
	if certificate != nil {
		server.TLSConfig = &tls.Config{Certificates: []tls.Certificate{*certificate}}
		return server.ServeTLS(listener, "", "")
	}
	return server.Serve(listener)
}

func readBody(to *bytes.Buffer, request *http.Request) error {
	var from io.Reader = request.Body
	if request.Header.Get("Content-Encoding") == "gzip" {
		inflating, err := gzip.NewReader(from)
		if err != nil {
			return err
		}
		from = inflating
	} else if request.ContentLength > 0 {
		to.Grow(int(request.ContentLength) + bytes.MinRead)
	}
	_, err := to.ReadFrom(from)
	return err
}
