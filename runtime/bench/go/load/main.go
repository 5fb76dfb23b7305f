// Command load is the traffic of the bench: `load send` makes it, `load sink` counts what arrives,
// `load start` times how long a command takes until it accepts a request, `load describe` tells
// what the requests are like, `load wait` ends when somebody listens. Those that run on read a word per line: `reset` begins the latencies
// anew, `report` prints counts as a line of JSON, `stop` (of send) waits for all answers first.
package main

import (
	"bufio"
	"encoding/json"
	"flag"
	"fmt"
	"log"
	"os"
	"time"
)

func printLine(value any) {
	text, err := json.Marshal(value)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(string(text))
}

func describe(spans int) any {
	request := newTemplate(spans, 1)
	message := request.stamp(time.Now())
	small := gzipped(message)
	return map[string]any{
		"spans": spans, "bytes": len(message), "bytesPerSpan": len(message) / spans,
		"traces": request.traces, "resources": resourcesOf(spans),
		"gzip": len(small), "gzipRatio": float64(len(message)) / float64(len(small)),
	}
}

func main() {
	log.SetFlags(0)
	if len(os.Args) < 2 {
		log.Fatal("load: must be told one of send, sink, start, wait, describe")
	}
	words := flag.NewFlagSet("load", flag.ExitOnError)
	var o sendOptions
	var s sinkOptions
	var counter string
	words.StringVar(&o.address, "to", "", "where the collector listens")
	words.StringVar(&o.protocol, "protocol", "grpc", "grpc or http")
	words.BoolVar(&o.secure, "tls", false, "over TLS")
	words.BoolVar(&o.gzip, "gzip", false, "compressed")
	words.IntVar(&o.spans, "spans", 100, "spans per request")
	words.Float64Var(&o.rate, "rate", 0, "spans per second; 0 is a closed loop")
	words.IntVar(&o.connections, "connections", 4, "connections")
	words.IntVar(&o.inFlight, "in-flight", 4, "requests under way per connection")
	words.IntVar(&o.traceSpans, "trace-spans", 0, "spans of a trace that is spread over requests")
	words.IntVar(&o.parts, "parts", 3, "requests that such a trace is spread over")
	words.IntVar(&s.ports, "ports", 1, "how many backends one process is")
	words.BoolVar(&isFromSdk, "sdk", true, "fields in the order of SDKs; else in the collector's")
	words.StringVar(&counter, "arrived", "", "file in which sinks count; a closed loop waits for it")
	words.StringVar(&s.certificate, "certificate", "", "certificate of a sink over TLS")
	words.StringVar(&s.key, "key", "", "its key")
	_ = words.Parse(os.Args[2:])
	s.protocol = o.protocol
	s.arrived = openShared(counter)
	o.arrived, o.waitsForArrival = s.arrived, counter != ""

	switch os.Args[1] {
	case "start":
		printLine(measureStart(o, words.Args()))
	case "wait":
		waitForPort(o.address, 30*time.Second)
	case "describe":
		printLine(describe(o.spans))
	case "sink":
		counting := startSink(s)
		printLine(map[string]any{"ports": counting.ports})
		obey(counting.arrivals.reset, counting.report, func() {})
	case "send":
		sending := startSender(o)
		printLine(map[string]any{"started": true})
		obey(sending.answers.reset, sending.report, sending.stop)
	default:
		log.Fatalf("load: must be told one of send, sink, start, wait, describe, got %s", os.Args[1])
	}
}

// obey does what it is told, a word per line, until there is nobody to tell it.
func obey(reset func(), report func() any, stop func()) {
	for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
		switch lines.Text() {
		case "reset":
			reset()
		case "report":
			printLine(report())
		case "stop":
			stop()
			printLine(report())
		}
	}
}
