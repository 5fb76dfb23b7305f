package main

import (
	"math/bits"
	"sync"
	"time"
)

// Sixty-four buckets for each power of two: a quantile is off by less than 1.6 %.
const (
	stepBits = 6
	steps    = 1 << stepBits
)

// latencies counts durations, in microseconds, so that quantiles can be told.
type latencies struct {
	mutex   sync.Mutex
	buckets [40 * steps]int64
	count   int64
}

func bucketOf(micros int64) int {
	if micros < steps {
		return int(max(micros, 0))
	}
	shift := bits.Len64(uint64(micros)) - stepBits - 1
	return (shift+1)*steps + int(micros>>shift) - steps
}

func valueOf(bucket int) float64 {
	if bucket < steps {
		return float64(bucket)
	}
	shift := bucket/steps - 1
	return (float64(bucket%steps+steps) + 0.5) * float64(int64(1)<<shift)
}

func (l *latencies) add(took time.Duration, times int64) {
	l.mutex.Lock()
	l.buckets[min(bucketOf(took.Microseconds()), len(l.buckets)-1)] += times
	l.count += times
	l.mutex.Unlock()
}

func (l *latencies) reset() {
	l.mutex.Lock()
	l.buckets = [40 * steps]int64{}
	l.count = 0
	l.mutex.Unlock()
}

// quantileMs is the duration, in milliseconds, that `share` of all stay below.
func (l *latencies) quantileMs(share float64) float64 {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	left := int64(share * float64(l.count))
	for bucket, times := range l.buckets {
		if left -= times; left < 0 {
			return valueOf(bucket) / 1000
		}
	}
	return 0
}
