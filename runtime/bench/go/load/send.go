package main

import (
	"log"
	"net"
	"sync"
	"sync/atomic"
	"time"
)

// client sends one request and waits for its answer.
type client interface{ send(message []byte) error }

// sendOptions say what is sent, and how.
type sendOptions struct {
	address  string
	protocol string
	secure   bool
	gzip     bool
	spans    int
	// rate is in spans per second; 0 is a closed loop.
	rate        float64
	connections int
	inFlight    int
	// traceSpans is how many spans a trace has that is spread over `parts` requests; 0 is for traces
	// that lie in one request each.
	traceSpans int
	parts      int
	// arrived is what came out behind the collector, if a closed loop waits for that.
	arrived         shared
	waitsForArrival bool
}

// requests is what one worker sends, one after the other.
type requests interface {
	next(due time.Time) []byte
	answered(isAccepted bool)
	// isUnderWay tells whether some traces still lack spans.
	isUnderWay() bool
	// dueSpans is how many spans of those sent a tail sampler must keep.
	dueSpans() int64
}

func (o sendOptions) requests(worker int) requests {
	if o.traceSpans > 0 {
		return newStaggered(o.spans, o.parts, o.traceSpans, worker)
	}
	return single{newTemplate(o.spans, uint64(worker))}
}

// single is requests of whole traces.
type single struct{ *template }

func (s single) next(due time.Time) []byte { return s.stamp(due) }
func (s single) answered(bool)             {}
func (s single) isUnderWay() bool          { return false }
func (s single) dueSpans() int64           { return 0 }

// mostWaiting is how many requests an open loop keeps under way before it falls behind.
const mostWaiting = 64

// mostHeld is how many spans a closed loop lets the collector hold beside the requests under way: some
// batches of it. More would only pile up there when load and backends are slower than it is.
const mostHeld = 40_000

type sender struct {
	sendOptions
	sent, accepted, refused, asked atomic.Int64
	answers                        latencies
	stopped                        chan struct{}
	workers                        sync.WaitGroup
	pool                           [][]byte
	next                           atomic.Int64
	due                            atomic.Int64
	failure                        atomic.Pointer[string]
	arrivedBefore                  int64
}

func connect(o sendOptions) client {
	make := newGrpcClient
	if o.protocol == "http" {
		make = newHttpClient
	}
	made, err := make(o.address, o.secure, o.gzip)
	if err != nil {
		log.Fatal(err)
	}
	return made
}

// waitForPort returns when somebody listens on `address`.
func waitForPort(address string, longest time.Duration) {
	for until := time.Now().Add(longest); time.Now().Before(until); time.Sleep(time.Millisecond) {
		if connection, err := net.Dial("tcp", address); err == nil {
			_ = connection.Close()
			return
		}
	}
	log.Fatalf("%s: must be listened on within %s", address, longest)
}

func startSender(o sendOptions) *sender {
	waitForPort(o.address, 10*time.Second)
	s := &sender{sendOptions: o, stopped: make(chan struct{}), arrivedBefore: o.arrived.value()}
	var clients []client
	connections := o.connections
	if o.protocol == "http" {
		connections *= o.inFlight
	}
	for range connections {
		clients = append(clients, connect(o))
	}
	if o.rate == 0 {
		s.closedLoop(clients)
	} else {
		s.openLoop(clients)
	}
	return s
}

// closedLoop keeps so many requests under way; the next one begins when one was answered.
func (s *sender) closedLoop(clients []client) {
	if s.gzip {
		// Compressing would be most of what this process does, so it is done before; such requests
		// cannot tell when they are due.
		for seed := range 32 {
			s.pool = append(s.pool, gzipped(newTemplate(s.spans, uint64(seed)).stamp(time.Time{})))
		}
	}
	workers := s.connections * s.inFlight
	for worker := range workers {
		s.workers.Go(func() {
			own := s.requests(worker)
			for !s.isStopped() || own.isUnderWay() {
				if s.isAhead() {
					time.Sleep(time.Millisecond)
					continue
				}
				s.sendOne(clients[worker%len(clients)], own, time.Now())
			}
			s.due.Add(own.dueSpans())
		})
	}
}

// isAhead tells whether the collector holds as much as it should.
func (s *sender) isAhead() bool {
	if !s.waitsForArrival {
		return false
	}
	return s.accepted.Load()-(s.arrived.value()-s.arrivedBefore) > mostHeld
}

// openLoop sends at its rate whatever the answers take, and counts from when a request was due.
func (s *sender) openLoop(clients []client) {
	due := make(chan time.Time, 1<<16)
	// Encoding takes seconds, in which nothing may be due.
	all := make([]requests, max(16, min(mostWaiting, 200_000/s.spans)))
	for worker := range all {
		all[worker] = s.requests(worker)
	}
	for worker, own := range all {
		s.workers.Go(func() {
			for at := range due {
				s.sendOne(clients[worker%len(clients)], own, at)
			}
			for own.isUnderWay() {
				s.sendOne(clients[worker%len(clients)], own, time.Now())
			}
			s.due.Add(own.dueSpans())
		})
	}
	interval := time.Duration(float64(time.Second) * float64(s.spans) / s.rate)
	go func() {
		for at := time.Now(); !s.isStopped(); at = at.Add(interval) {
			time.Sleep(time.Until(at))
			due <- at
		}
		close(due)
	}()
}

func (s *sender) sendOne(to client, own requests, due time.Time) {
	var message []byte
	switch {
	case s.pool != nil:
		message = s.pool[int(s.next.Add(1))%len(s.pool)]
	case s.gzip:
		message = gzipped(own.next(due))
	default:
		message = own.next(due)
	}
	s.sent.Add(int64(s.spans))
	err := to.send(message)
	s.answers.add(time.Since(due), 1)
	s.asked.Add(1)
	own.answered(err == nil)
	if err == nil {
		s.accepted.Add(int64(s.spans))
		return
	}
	s.refused.Add(int64(s.spans))
	text := err.Error()
	s.failure.CompareAndSwap(nil, &text)
	time.Sleep(10 * time.Millisecond)
}

func (s *sender) isStopped() bool {
	select {
	case <-s.stopped:
		return true
	default:
		return false
	}
}

// stop begins nothing more and waits for the answers to all that was begun.
func (s *sender) stop() {
	close(s.stopped)
	s.workers.Wait()
}

func (s *sender) report() any {
	failure := ""
	if text := s.failure.Load(); text != nil {
		failure = *text
	}
	return map[string]any{
		"sent": s.sent.Load(), "accepted": s.accepted.Load(), "refused": s.refused.Load(),
		"requests": s.asked.Load(), "due": s.due.Load(), "failure": failure,
		"p50": s.answers.quantileMs(0.5), "p99": s.answers.quantileMs(0.99),
	}
}
