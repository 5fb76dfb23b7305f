package main

import (
	"hash/fnv"
	"math/rand/v2"
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"
)

// What the policies of the rows keep: traces with an error, slow ones, and a share of all others.
const (
	errorShare = 0.025
	slowShare  = 0.025
	keptShare  = 0.1
	// The salt that the policy `probabilistic` has when it is told none.
	salt = "default-hash-seed"
)

// group is some requests that hold the same traces, a part of each: what a tail sampler gets.
type group struct {
	parts []*template
	// sent is how many of them were sent with the ids of now, and were all accepted.
	sent  int
	areIn bool
	// spansOf and isKept are by trace; the latter tells those that are kept whatever their id is.
	spansOf []int
	isKept  []bool
	// due is how many spans a sampler must keep of the groups that were sent.
	due int64
}

// newGroup encodes so many requests of so many spans; traces have a span more or less than told.
func newGroup(spans, parts, traceSpans int, seed uint64) *group {
	random := newRandom(seed)
	spread := 1
	if traceSpans > 100 {
		spread = 0
	}
	plan := traceOfEach(spans*parts, traceSpans-spread, traceSpans+spread, random)
	g := &group{}
	fates := &fates{random: random}
	for _, trace := range plan {
		if trace == len(g.spansOf) {
			g.spansOf = append(g.spansOf, 0)
			g.isKept = append(g.isKept, fates.draw())
		}
		g.spansOf[trace]++
	}
	for part := range parts {
		var own []int
		for at := part; at < len(plan); at += parts {
			own = append(own, plan[at])
		}
		g.parts = append(g.parts, templateOf(own, random, fates.settle))
	}
	g.shareIds()
	return g
}

// shareIds gives all parts the ids of the first.
func (g *group) shareIds() {
	first := g.parts[0]
	first.traces = len(g.spansOf)
	first.ids = make([]byte, first.traces*idBytes)
	first.marked = append(first.marked, make([]bool, first.traces-len(first.marked))...)
	for _, part := range g.parts[1:] {
		part.ids = first.ids
		for trace, isMarked := range part.marked {
			first.marked[trace] = first.marked[trace] || isMarked
		}
	}
}

func (g *group) next(due time.Time) []byte {
	if g.sent == 0 {
		g.parts[0].renew(due)
		g.areIn = true
	}
	g.sent++
	return g.parts[g.sent-1].filled()
}

func (g *group) answered(isAccepted bool) {
	g.areIn = g.areIn && isAccepted
	if g.sent < len(g.parts) {
		return
	}
	g.sent = 0
	if !g.areIn {
		return
	}
	for trace, spans := range g.spansOf {
		if g.isKept[trace] || isInShare(g.parts[0].ids[trace*idBytes:(trace+1)*idBytes]) {
			g.due += int64(spans)
		}
	}
}

// staggered is groups of which the first is of fewer requests, so that not all workers begin new
// traces at the same time.
type staggered struct {
	*group
	rest *group
	due  int64
}

func newStaggered(spans, parts, traceSpans, worker int) requests {
	seed := uint64(worker)
	rest := newGroup(spans, parts, traceSpans, seed)
	if fewer := worker % parts; fewer > 0 {
		return &staggered{group: newGroup(spans, fewer, traceSpans, seed), rest: rest}
	}
	return rest
}

func (s *staggered) answered(isAccepted bool) {
	s.group.answered(isAccepted)
	if s.group != s.rest && !s.group.isUnderWay() {
		s.due = s.group.dueSpans()
		s.group = s.rest
	}
}

func (s *staggered) dueSpans() int64 { return s.due + s.group.dueSpans() }

func (g *group) isUnderWay() bool { return g.sent > 0 }

func (g *group) dueSpans() int64 { return g.due }

// isInShare is what the policy `probabilistic` decides.
func isInShare(id []byte) bool {
	hash := fnv.New64a()
	_, _ = hash.Write([]byte(salt))
	_, _ = hash.Write(id)
	return float64(hash.Sum64()) <= keptShare*(1<<64)
}

// fates says of each trace whether it has an error or is slow, and lets its spans show that.
type fates struct {
	random *rand.Rand
	// For each trace, what is still to be shown by one of its spans.
	isError, isSlow []bool
}

func (f *fates) draw() (isKept bool) {
	isError := f.random.Float64() < errorShare
	isSlow := f.random.Float64() < slowShare
	f.isError = append(f.isError, isError)
	f.isSlow = append(f.isSlow, isSlow)
	return isError || isSlow
}

func (f *fates) settle(span ptrace.Span, trace int) {
	duration := 1e5 + f.random.Uint64N(5e7)
	if f.isSlow[trace] {
		duration = 8e9
	}
	start := startTime + f.random.Uint64N(1e9)
	span.SetStartTimestamp(pcommon.Timestamp(start))
	span.SetEndTimestamp(pcommon.Timestamp(start + duration))
	span.Status().SetCode(ptrace.StatusCodeUnset)
	span.Status().SetMessage("")
	if f.isError[trace] {
		span.Status().SetCode(ptrace.StatusCodeError)
		span.Status().SetMessage("deadline exceeded")
	}
	f.isError[trace], f.isSlow[trace] = false, false
}
