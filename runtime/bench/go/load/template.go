package main

import (
	"encoding/binary"
	"fmt"
	"log"
	"math/rand/v2"
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/collector/pdata/ptrace/ptraceotlp"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"
)

const (
	idBytes = 16
	// A trace id that begins with this tells when its request was due to be sent.
	mark = 0xb5e7_0c1d
)

// template is one encoded request whose trace ids can be replaced.
type template struct {
	bytes []byte
	spans int
	// traces is the number of different trace ids.
	traces int
	// marked tells which traces carry the time: those of the first span of each resource.
	marked []bool
	// idAt and traceOf are, for each span, where its trace id is and which trace it belongs to.
	idAt    []int
	traceOf []int
	random  *rand.Rand
	ids     []byte
}

func newRandom(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, 20)) }

// newTemplate encodes a request of so many spans; another seed gives another one of its kind.
func newTemplate(spans int, seed uint64) *template {
	random := newRandom(seed)
	return templateOf(traceOfEach(spans, 2, 8, random), random, func(ptrace.Span, int) {})
}

// templateOf encodes spans of the traces that `plan` names; `settle` has the last word about each.
func templateOf(plan []int, random *rand.Rand, settle func(span ptrace.Span, trace int)) *template {
	order, bytes := encodeRequest(plan, random, settle)
	t := &template{bytes: bytes, spans: len(plan), random: random}
	first := map[int]bool{}
	walk(bytes, func(at int, isFirst bool) {
		trace := order[len(t.idAt)]
		t.idAt = append(t.idAt, at)
		t.traceOf = append(t.traceOf, trace)
		t.traces = max(t.traces, trace+1)
		first[trace] = first[trace] || isFirst
	})
	if len(t.idAt) != len(plan) {
		log.Fatalf("template: must hold %d spans, got %d", len(plan), len(t.idAt))
	}
	t.marked = make([]bool, t.traces)
	for trace, isFirst := range first {
		t.marked[trace] = isFirst
	}
	t.ids = make([]byte, t.traces*idBytes)
	return t
}

// traceOfEach tells the trace of each span, where traces have `fewest` to `most` spans.
func traceOfEach(spans, fewest, most int, random *rand.Rand) []int {
	plan := make([]int, spans)
	trace, left := -1, 0
	for span := range spans {
		if left == 0 {
			trace, left = trace+1, fewest+random.IntN(most-fewest+1)
		}
		left--
		plan[span] = trace
	}
	return plan
}

// stamp gives every trace an id that nobody has seen; some of them tell `due` if there is one.
func (t *template) stamp(due time.Time) []byte {
	t.renew(due)
	return t.filled()
}

func (t *template) renew(due time.Time) {
	for trace := range t.traces {
		id := t.ids[trace*idBytes : (trace+1)*idBytes]
		binary.BigEndian.PutUint64(id, t.random.Uint64())
		binary.BigEndian.PutUint64(id[8:], t.random.Uint64())
		if t.marked[trace] && !due.IsZero() {
			binary.BigEndian.PutUint32(id, mark)
			binary.BigEndian.PutUint64(id[4:], uint64(due.UnixNano()))
		}
	}
}

// filled is the request with the ids of now.
func (t *template) filled() []byte {
	for span, at := range t.idAt {
		trace := t.traceOf[span]
		copy(t.bytes[at:at+idBytes], t.ids[trace*idBytes:])
	}
	return t.bytes
}

// markedTime tells when the request was due whose first span has the trace id `id`.
func markedTime(id []byte) (time.Time, bool) {
	if binary.BigEndian.Uint32(id) != mark {
		return time.Time{}, false
	}
	return time.Unix(0, int64(binary.BigEndian.Uint64(id[4:]))), true
}

func resourcesOf(spans int) int {
	switch {
	case spans < 1000:
		return 2
	case spans < 8000:
		return 4
	default:
		return 8
	}
}

// encodeRequest encodes spans of services that call each other, and tells the trace of each span in
// the order in which they lie. Some 575 bytes and 10 attributes a span.
func encodeRequest(
	plan []int, random *rand.Rand, settle func(span ptrace.Span, trace int),
) (order []int, bytes []byte) {
	resources := resourcesOf(len(plan))
	byScope := make([][]int, resources*2)
	for span, trace := range plan {
		scope := span%resources*2 + random.IntN(2)
		if span < len(byScope) {
			scope = span
		}
		byScope[scope] = append(byScope[scope], trace)
	}
	traces := ptrace.NewTraces()
	for scope, members := range byScope {
		if scope%2 == 0 {
			describeResource(traces.ResourceSpans().AppendEmpty().Resource(), scope/2, random)
		}
		to := traces.ResourceSpans().At(scope / 2).ScopeSpans().AppendEmpty()
		to.Scope().SetName([]string{"@opentelemetry/instrumentation-http", "io.opentelemetry.jdbc"}[scope%2])
		to.Scope().SetVersion("0.205.0")
		for _, trace := range members {
			span := to.Spans().AppendEmpty()
			describeSpan(span, scope%2 == 1, random)
			settle(span, trace)
		}
		order = append(order, members...)
	}
	bytes, err := ptraceotlp.NewExportRequestFromTraces(traces).MarshalProto()
	if err == nil && isFromSdk {
		bytes, err = inFieldOrder(bytes)
	}
	if err != nil {
		log.Fatal(err)
	}
	return order, bytes
}

// isFromSdk is whether fields lie in the order of their numbers, as SDKs write them; the collector
// writes them the other way round.
var isFromSdk = true

func inFieldOrder(bytes []byte) ([]byte, error) {
	var request tracepb.TracesData
	if err := proto.Unmarshal(bytes, &request); err != nil {
		return nil, err
	}
	return proto.Marshal(&request)
}

func describeResource(resource pcommon.Resource, number int, random *rand.Rand) {
	service := []string{"frontend", "cart", "catalog", "checkout", "payment", "shipping", "email", "ads"}[number%8]
	attributes := resource.Attributes()
	attributes.PutStr("service.name", service)
	attributes.PutStr("service.version", fmt.Sprintf("4.%d.%d", random.IntN(20), random.IntN(40)))
	attributes.PutStr("k8s.namespace.name", "shop")
	attributes.PutStr("k8s.pod.name", fmt.Sprintf("%s-%09x-%05x", service, random.Uint64()>>28, random.Uint32()>>12))
	attributes.PutStr("telemetry.sdk.language", "nodejs")
}

var (
	routes = []string{
		"/api/products/{productId}", "/api/cart", "/api/cart/{cartId}/items", "/api/checkout",
		"/api/recommendations", "/api/users/{userId}/orders", "/api/shipping/quote", "/healthz",
	}
	agents = []string{
		"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/138.0 Safari/537.36",
		"Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) Version/18.5 Mobile",
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0", "okhttp/4.12.0",
	}
	tables = []string{"products", "carts", "orders", "order_items", "users", "prices", "stock"}
)

const startTime = 1_790_000_000_000_000_000

func describeSpan(span ptrace.Span, isQuery bool, random *rand.Rand) {
	var parent [8]byte
	var id [8]byte
	var trace [16]byte
	binary.BigEndian.PutUint64(id[:], random.Uint64())
	binary.BigEndian.PutUint64(parent[:], random.Uint64())
	binary.BigEndian.PutUint64(trace[:], random.Uint64()|1)
	span.SetTraceID(trace)
	span.SetSpanID(id)
	if random.IntN(5) > 0 {
		span.SetParentSpanID(parent)
	}
	start := startTime + random.Uint64N(60e9)
	duration := 1e5 + random.Uint64N(5e7)
	span.SetStartTimestamp(pcommon.Timestamp(start))
	span.SetEndTimestamp(pcommon.Timestamp(start + duration))
	if isQuery {
		describeQuery(span, random)
	} else {
		describeRequest(span, random)
	}
	attributes := span.Attributes()
	attributes.PutStr("app.user.id", fmt.Sprintf("user-%d", random.IntN(100_000)))
	attributes.PutStr("app.feature.flag", fmt.Sprintf("recommendations-v%d", random.IntN(4)))
	attributes.PutInt("thread.id", int64(random.IntN(120)))
	if random.IntN(8) == 0 {
		event := span.Events().AppendEmpty()
		event.SetName("cache.miss")
		event.SetTimestamp(pcommon.Timestamp(start + duration/2))
		event.Attributes().PutStr("cache.key", fmt.Sprintf("product:%d", random.IntN(100_000)))
	}
	if random.IntN(50) == 0 {
		span.Status().SetCode(ptrace.StatusCodeError)
		span.Status().SetMessage("deadline exceeded")
	}
}

func describeRequest(span ptrace.Span, random *rand.Rand) {
	route := routes[random.IntN(len(routes))]
	span.SetName("GET " + route)
	span.SetKind(ptrace.SpanKindServer)
	attributes := span.Attributes()
	attributes.PutStr("http.request.method", "GET")
	attributes.PutStr("http.route", route)
	attributes.PutStr("url.full", fmt.Sprintf(
		"https://shop.example.com%.9s/%d?page=%d&session=%08x", route, random.IntN(100_000), random.IntN(50), random.Uint32()))
	attributes.PutStr("server.address", "frontend.shop.svc.cluster.local")
	attributes.PutStr("client.address", fmt.Sprintf("10.%d.%d.%d", random.IntN(8), random.IntN(256), random.IntN(256)))
	attributes.PutStr("user_agent.original", agents[random.IntN(len(agents))])
	attributes.PutInt("http.response.status_code", []int64{200, 200, 200, 204, 404, 500}[random.IntN(6)])
}

func describeQuery(span ptrace.Span, random *rand.Rand) {
	table := tables[random.IntN(len(tables))]
	span.SetName("SELECT shop." + table)
	span.SetKind(ptrace.SpanKindClient)
	attributes := span.Attributes()
	attributes.PutStr("db.system.name", "postgresql")
	attributes.PutStr("db.namespace", "shop")
	attributes.PutStr("db.collection.name", table)
	attributes.PutStr("db.query.text", fmt.Sprintf(
		"SELECT id, name, updated_at, price, currency, weight, available, warehouse_id FROM %s WHERE tenant = %d AND id IN (%d, %d) ORDER BY updated_at LIMIT %d",
		table, random.IntN(500), random.IntN(10_000), random.IntN(10_000), 10*random.IntN(20)))
	attributes.PutStr("server.address", fmt.Sprintf("postgres-%d.shop.svc.cluster.local", random.IntN(3)))
	attributes.PutInt("server.port", 5432)
	attributes.PutInt("db.response.returned_rows", int64(random.IntN(200)))
	attributes.PutDouble("db.client.wait.seconds", float64(random.IntN(1000))/1024)
}
